import { LRUCache } from 'lru-cache'
import type { Allowance, Unavailable } from '../../decision.js'
import { Dependency } from '../../dependency.js'
import type { MaybePromise } from '../../guard.js'
import { addressMatcher } from '../../lib/address.js'
import { isFresh } from '../../lib/fresh.js'
import { isPromiseLike } from '../../lib/maybe-promise.js'
import type { PrincipalFacts } from '../../principal.js'
import type { ApiKeyLookup } from './api-key-lookup.js'
import { type ApiKeyRecord, RECORD_MEMBERS, recordFault } from './api-key-record.js'

/** A sound record, made ready for requests. */
interface ReadyKey {
  readonly hash: Buffer
  readonly revoked: boolean
  readonly expiresAtMs: number
  readonly isFrom: (address: string) => boolean
  /** Shared by all requests of the key. */
  readonly answer: Allowance<PrincipalFacts>
}

/** A record that cannot be used, and why. */
interface UnsoundKey {
  readonly fault: string
}

export type FoundKey = ReadyKey | UnsoundKey | undefined

interface Known {
  readonly key: ReadyKey | UnsoundKey
  /** A copy of what the key was made of. */
  readonly made: ApiKeyRecord
  readonly sinceMs: number
  readonly forMs: number
}

interface KeyRecordsOptions {
  readonly lookup: ApiKeyLookup
  readonly cacheMs: number
  readonly max: number
  readonly answerFor: (record: ApiKeyRecord) => Allowance<PrincipalFacts>
}

/** Lookups under way at once. Beyond, they fail: whoever asks for made-up keys cannot pile up waits. */
const MAX_UNDER_WAY = 1_000

/**
 * Records by id, the longest unused forgotten first. What had to be waited for is used again for a while, and asked for
 * once however many wait; what was there at once is asked for every time, so that a change in memory acts at once. That
 * there is no such key is remembered apart, so that made-up ids drive out no record.
 */
export class KeyRecords {
  readonly #options: KeyRecordsOptions
  readonly #known: LRUCache<string, Known>
  /** Since when, in milliseconds. */
  readonly #unknown: LRUCache<string, number>
  readonly #underWay = new Map<string, Promise<FoundKey | Unavailable>>()
  readonly #store = new Dependency('key_store_unavailable')

  constructor(options: KeyRecordsOptions) {
    this.#options = options
    this.#known = new LRUCache({ max: options.max })
    this.#unknown = new LRUCache({ max: options.max })
  }

  find(id: string, nowMs: number): MaybePromise<FoundKey | Unavailable> {
    const known = this.#known.get(id)
    if (known !== undefined && isFresh(known.sinceMs, known.forMs, nowMs)) return known.key
    if (isFresh(this.#unknown.get(id), this.#options.cacheMs, nowMs)) return undefined
    return this.#underWay.get(id) ?? this.#ask(id, nowMs)
  }

  #ask(id: string, nowMs: number): MaybePromise<FoundKey | Unavailable> {
    const { lookup, cacheMs } = this.#options
    let waited = false
    const found = this.#store.rely(
      () => {
        if (this.#underWay.size >= MAX_UNDER_WAY) throw new Error(`${MAX_UNDER_WAY} keys are being looked up`)
        const record = lookup(id)
        waited = isPromiseLike(record)
        return record
      },
      (record) => {
        try {
          return this.#keep(id, record, nowMs, waited && lookup.remembers !== true ? cacheMs : 0)
        } catch (cause) {
          return { fault: String(cause) } // a record whose members cannot be read
        }
      },
    )
    if (!isPromiseLike(found)) return found
    const answer = Promise.resolve(found).finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, answer)
    return answer
  }

  #keep(id: string, record: ApiKeyRecord | undefined, nowMs: number, forMs: number): FoundKey {
    if (record === undefined) {
      this.#known.delete(id)
      if (forMs > 0) this.#unknown.set(id, nowMs)
      return undefined
    }
    this.#unknown.delete(id)
    const before = this.#known.get(id)
    const isSame = before !== undefined && hasMembersOf(record, before.made)
    const key = isSame ? before.key : readyKey(id, record, this.#options.answerFor)
    if (!isSame || forMs > 0) {
      const made = isSame ? before.made : copyOf(record)
      this.#known.set(id, { key, made, sinceMs: nowMs, forMs })
    }
    return key
  }
}

/** What is wrong with a record makes that key unusable, and nothing else. */
function readyKey(id: string, record: ApiKeyRecord, answerFor: KeyRecordsOptions['answerFor']): ReadyKey | UnsoundKey {
  const fault = recordFault(record)
  if (fault !== undefined) return { fault }
  // a store that compares ids without regard to case finds another's record
  if (record.id !== id) return { fault: 'the record is of another key' }
  return {
    hash: Buffer.from(record.hash, 'base64url'),
    revoked: record.revoked === true,
    expiresAtMs: record.expiresAt === undefined ? Number.POSITIVE_INFINITY : record.expiresAt * 1000,
    isFrom: record.addresses === undefined ? () => true : addressMatcher('addresses', record.addresses),
    answer: answerFor(record),
  }
}

const copyOf = (record: ApiKeyRecord): ApiKeyRecord =>
  Object.fromEntries(
    RECORD_MEMBERS.map((member) => {
      const value: unknown = record?.[member]
      return [member, Array.isArray(value) ? [...value] : value]
    }),
  ) as unknown as ApiKeyRecord

/** Whether nothing was changed in the record itself: an application may keep one object and set `revoked` in it. */
const hasMembersOf = (record: ApiKeyRecord, made: ApiKeyRecord): boolean =>
  RECORD_MEMBERS.every((member) => {
    const now: unknown = record?.[member]
    const then: unknown = made[member]
    if (!Array.isArray(now) || !Array.isArray(then)) return now === then
    return now.length === then.length && now.every((item, index) => item === then[index])
  })
