import { deepFreeze } from '../../lib/frozen.js'
import { shown } from '../../lib/options.js'
import { type ApiKeyRecord, RECORD_MEMBERS, recordFault } from './api-key-record.js'

/** The records of a file, by id, and what is wrong with the others. */
export interface ApiKeySet {
  readonly records: ReadonlyMap<string, ApiKeyRecord>
  /** One line for each record that is left out, up to a hundred. */
  readonly refused: readonly string[]
}

const MAX_TOLD = 100

/**
 * Records out of a list, or of `{ keys: [...] }`. One that is broken is left out, and the others stay: also one with a
 * member that no record has, which may be a misspelt `revoked`, and all that share one id.
 *
 * @throws Error for text that is no such list.
 */
export function apiKeySet(text: string): ApiKeySet {
  const list = recordList(keyDocument(text))
  const repeated = repeatedIds(list)
  const records = new Map<string, ApiKeyRecord>()
  const refused: string[] = []
  list.forEach((value, index) => {
    const fault = unknownMember(value) ?? recordFault(value) ?? repetition(value, repeated)
    if (fault === undefined) records.set((value as ApiKeyRecord).id, deepFreeze(value as ApiKeyRecord))
    else if (refused.length < MAX_TOLD) refused.push(`record ${index}: ${fault}`)
  })
  return { records, refused }
}

/**
 * What a file of keys holds. What a parser says of a fault quotes the text, over several lines.
 *
 * @throws Error for text that is no JSON.
 */
export function keyDocument(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it is no JSON, or not all of it')
  }
}

/** @throws Error for anything but a list, or an object with a list of keys. */
export function recordList(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document
  const keys = (document as { readonly keys?: unknown } | null)?.keys
  if (Array.isArray(keys)) return keys
  throw new Error(`expected a list of records or an object with keys, got ${shown(document)}`)
}

const MEMBERS: ReadonlySet<string> = new Set(RECORD_MEMBERS)

function unknownMember(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const unknown = Object.keys(value).find((name) => !MEMBERS.has(name))
  return unknown === undefined ? undefined : `no record has a member ${shown(unknown)}`
}

/** Of two records of one id, one may be revoked and the other not. */
function repeatedIds(list: readonly unknown[]): ReadonlySet<unknown> {
  const seen = new Set<unknown>()
  const repeated = new Set<unknown>()
  for (const value of list) {
    const id = (value as { readonly id?: unknown } | null)?.id
    if (seen.has(id)) repeated.add(id)
    seen.add(id)
  }
  return repeated
}

const repetition = (value: unknown, repeated: ReadonlySet<unknown>): string | undefined =>
  repeated.has((value as ApiKeyRecord).id) ? 'another record has its id' : undefined
