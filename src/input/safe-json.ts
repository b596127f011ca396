import { countNames } from './count-names.js'

/** Bounds on the shape of a JSON value. */
export interface JsonBounds {
  readonly maxDepth: number
  readonly maxMembers: number
}

/** Why a JSON text was refused. */
export class JsonFault extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses JSON (RFC 8259) that two parsers cannot read differently: UTF-8 without byte order mark, no duplicate members,
 * no lone surrogates, no number beyond the range of a double, no `__proto__`, bounded depth and width.
 *
 * @throws JsonFault for anything else.
 */
export function parseJson(bytes: Uint8Array, bounds: JsonBounds): unknown {
  const text = decode(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new JsonFault('malformed_json', 'The body is not JSON.')
  }
  const tally: Tally = { members: 0, names: 0, isParsedHere: true, bounds }
  inspect(value, 0, tally)
  // RFC 8259 section 4: what duplicate members mean is up to the reader. JSON.parse keeps the last and tells nobody; its
  // value then has fewer names than the text.
  if (tally.names !== countNames(text)) throw new JsonFault('duplicate_member', 'A member occurs twice.')
  if (text.includes('\\') && !isReadAsWritten(text, value)) {
    throw new JsonFault('misread_member', 'A member has a name that this service cannot read.')
  }
  return value
}

/**
 * V8 13.6, and so Node 24, reads some names that are written with escapes as another name of that length which it has
 * met before: the value is then not what was sent. Strings by themselves it reads well.
 */
function isReadAsWritten(text: string, value: unknown): boolean {
  const tokens: string[] = []
  countNames(text, tokens)
  if (!tokens.some((token) => token.includes('\\'))) return true
  const written = tokens.map((token): string => JSON.parse(token)).sort()
  const read: string[] = []
  collectNames(value, read)
  read.sort()
  return written.length === read.length && written.every((name, index) => name === read[index])
}

/** Of a value that was inspected, so that its depth is bounded. */
function collectNames(value: unknown, names: string[]): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) for (const name of Object.keys(value)) names.push(name)
  for (const item of Object.values(value)) collectNames(item, names)
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new JsonFault('malformed_utf8', 'The body is not UTF-8.')
  }
}

/** The value, by whatever parser, once it is known to be within bounds and without unsafe names. */
export function refuseUnsafe(value: unknown, bounds: JsonBounds): unknown {
  inspect(value, 0, { members: 0, names: 0, isParsedHere: false, bounds })
  return value
}

/** What a walk through a value has met so far. */
interface Tally {
  /** Members of objects and elements of arrays. */
  members: number
  /** Members of objects alone. */
  names: number
  readonly isParsedHere: boolean
  readonly bounds: JsonBounds
}

/** Recursion ends at `maxDepth`, which is 200 at most. */
function inspect(value: unknown, depth: number, tally: Tally): void {
  if (depth > tally.bounds.maxDepth) {
    throw new JsonFault('too_deep', `The body is nested deeper than ${tally.bounds.maxDepth} levels.`)
  }
  if (typeof value !== 'object' || value === null) refuseUnsafeScalar(value)
  // an array that another parser made may have members with names as well
  else if (tally.isParsedHere && Array.isArray(value)) inspectElements(value, depth + 1, tally)
  else inspectMembers(value as Readonly<Record<string, unknown>>, depth + 1, tally)
}

function inspectElements(array: readonly unknown[], depth: number, tally: Tally): void {
  countMembers(array.length, tally)
  for (let i = 0; i < array.length; i++) inspect(array[i], depth, tally)
}

function inspectMembers(object: Readonly<Record<string, unknown>>, depth: number, tally: Tally): void {
  const names = Object.keys(object)
  countMembers(names.length, tally)
  tally.names += names.length
  for (const name of names) {
    refuseUnsafeName(name)
    inspect(object[name], depth, tally)
  }
}

function countMembers(more: number, tally: Tally): void {
  tally.members += more
  if (tally.members > tally.bounds.maxMembers) {
    throw new JsonFault('too_many_members', `The body has more than ${tally.bounds.maxMembers} members.`)
  }
}

function refuseUnsafeScalar(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new JsonFault('number_out_of_range', 'A number is out of range.')
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new JsonFault('lone_surrogate', 'A string is not well-formed Unicode.')
  }
}

/** Names that change an object's prototype when a careless reader copies them. */
function refuseUnsafeName(name: string): void {
  if (name === '__proto__' || name === 'constructor') {
    throw new JsonFault('unsafe_member', 'A member has a name that is not accepted.')
  }
  refuseUnsafeScalar(name)
}
