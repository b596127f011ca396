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
  refuseDuplicates(text)
  return refuseUnsafe(value, bounds)
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new JsonFault('malformed_utf8', 'The body is not UTF-8.')
  }
}

/** A string, or the punctuation that opens and closes objects and arrays. The text is known to be JSON. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g
/** What follows a string that is a member's name. */
const COLON = /[ \t\r\n]*:/y

/** RFC 8259 section 4: what duplicate members mean is up to the reader. JSON.parse keeps the last and tells nobody. */
function refuseDuplicates(text: string): void {
  const open: (Set<string> | undefined)[] = []
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (isName(text, index + token.length)) refuseSecond(open.at(-1)!, token)
  }
}

function isName(text: string, end: number): boolean {
  COLON.lastIndex = end
  return COLON.test(text)
}

function refuseSecond(names: Set<string>, token: string): void {
  const name: string = token.includes('\\') ? JSON.parse(token) : token.slice(1, -1)
  if (names.has(name)) throw new JsonFault('duplicate_member', 'A member occurs twice.')
  names.add(name)
}

/** The value, by whatever parser, once it is known to be within bounds and without unsafe names. No recursion. */
export function refuseUnsafe(value: unknown, { maxDepth, maxMembers }: JsonBounds): unknown {
  let level: unknown[] = [value]
  let members = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw new JsonFault('too_deep', `The body is nested deeper than ${maxDepth} levels.`)
    const next: unknown[] = []
    for (const item of level) {
      refuseUnsafeScalar(item)
      if (typeof item !== 'object' || item === null) continue
      for (const name of Object.keys(item)) {
        refuseUnsafeName(name)
        next.push((item as Readonly<Record<string, unknown>>)[name])
      }
      if (members + next.length > maxMembers) {
        throw new JsonFault('too_many_members', `The body has more than ${maxMembers} members.`)
      }
    }
    members += next.length
    level = next
  }
  return value
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
