import { createHash } from 'node:crypto'
import { isText } from '../../lib/json-value.js'
import { integerBetween, knownOptions } from '../../lib/options.js'
import type { RevocableToken, Revocation, RevocationStore } from './revocation.js'

/** How much a store of revocations may hold. */
export interface MemoryRevocationStoreOptions {
  /** How many revocations to keep at once, 1 to 10 million, at about 600 bytes each. Default: 100 000. */
  readonly maxEntries?: number | undefined
}

/**
 * Revocations within this process, for a service that is one process. They leave with later ones, a minute after their
 * time at the latest, so there is no timer. Where there is no room, `revoke` throws and nothing is forgotten early:
 * what asked for it, such as `backChannelLogout()`, then answers 503.
 *
 * @throws TypeError for an option out of its range.
 */
export function memoryRevocationStore(options: MemoryRevocationStoreOptions = {}): RevocationStore {
  knownOptions('memoryRevocationStore()', options, ['maxEntries'])
  const kept = new KeptRevocations(integerBetween('maxEntries', options.maxEntries ?? 100_000, 1, 10_000_000))
  return Object.freeze({ revoke: kept.revoke.bind(kept), isRevoked: kept.isRevoked.bind(kept) })
}

/** One issuer's own: whatever two issuers have in common, they never meet. */
interface OfIssuer {
  readonly token: Entries
  readonly session: Entries
  readonly subject: Entries
  readonly client: Entries
}

type Entries = Map<string, Entry>

interface Entry {
  readonly issuer: string
  readonly by: Revocation['by']
  readonly key: string
  /** Tokens issued at this moment or later are not meant. */
  issuedBelowMs: number
  untilMs: number
}

/** Revocations are forgotten by the minute, all of one minute together. */
const STEP_MS = 60_000

class KeptRevocations {
  readonly #max: number
  readonly #issuers = new Map<string, OfIssuer>()
  /** By the step in which they are forgotten. */
  readonly #leaving = new Map<number, Entry[]>()
  #forgotten = Number.NEGATIVE_INFINITY
  #size = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Asked at every request: finds nothing by comparing, and makes nothing. */
  isRevoked(token: RevocableToken, nowMs: number): boolean {
    const of = this.#issuers.get(token.issuer)
    if (of === undefined) return false
    const { subject, id, issuedAtMs } = token
    return (
      hits(of.session, token.sessionId, issuedAtMs, nowMs) ||
      hits(of.subject, subject, issuedAtMs, nowMs) ||
      hits(of.subject, id, issuedAtMs, nowMs) ||
      hits(of.token, token.tokenId, issuedAtMs, nowMs) ||
      hits(of.client, token.client, issuedAtMs, nowMs)
    )
  }

  revoke(revocation: Revocation, untilMs: number, nowMs: number): void {
    const entry = entryOf(revocation, untilMs)
    this.#forget(nowMs)
    if (untilMs < nowMs) return
    const known = this.#issuers.get(entry.issuer)?.[entry.by].get(entry.key)
    if (known !== undefined) {
      extend(known, entry, nowMs)
      return
    }
    if (this.#size >= this.#max) throw new Error(`there is no room for more than ${this.#max} revocations`)
    this.#size++
    const of = this.#issuers.get(entry.issuer) ?? nothing()
    this.#issuers.set(entry.issuer, of)
    of[entry.by].set(entry.key, entry)
    this.#leaveWithOthers(entry)
  }

  #leaveWithOthers(entry: Entry): void {
    const step = Math.floor(entry.untilMs / STEP_MS) + 1
    const together = this.#leaving.get(step)
    if (together === undefined) this.#leaving.set(step, [entry])
    else together.push(entry)
  }

  #forget(nowMs: number): void {
    const now = Math.floor(nowMs / STEP_MS)
    if (!(now > this.#forgotten)) return
    this.#forgotten = now
    for (const [step, entries] of this.#leaving) {
      if (step > now) continue
      this.#leaving.delete(step)
      for (const entry of entries) {
        if (entry.untilMs < nowMs) this.#drop(entry)
        else this.#leaveWithOthers(entry) // it was revoked again, for longer
      }
    }
  }

  #drop({ issuer, by, key }: Entry): void {
    const of = this.#issuers.get(issuer)!
    of[by].delete(key)
    this.#size--
    if (of.token.size + of.session.size + of.subject.size + of.client.size === 0) this.#issuers.delete(issuer)
  }
}

const nothing = (): OfIssuer => ({ token: new Map(), session: new Map(), subject: new Map(), client: new Map() })

/** One that is over, and has not left yet, is none. */
function extend(known: Entry, { issuedBelowMs, untilMs }: Entry, nowMs: number): void {
  const isOver = known.untilMs < nowMs
  known.issuedBelowMs = isOver ? issuedBelowMs : Math.max(known.issuedBelowMs, issuedBelowMs)
  known.untilMs = Math.max(known.untilMs, untilMs)
}

/** A time that is none revokes: only a plain comparison lets a token live. */
function hits(entries: Entries, id: string | undefined, issuedAtMs: number, nowMs: number): boolean {
  if (id === undefined || entries.size === 0) return false
  const entry = entries.get(keyOf(id))
  return entry !== undefined && !(nowMs > entry.untilMs) && !(issuedAtMs >= entry.issuedBelowMs)
}

/** Ids are kept as they are, up to a length; longer ones as a digest, which is as long as no id that is kept. */
const keyOf = (id: string): string => (id.length < 128 ? id : createHash('sha512').update(id).digest('hex'))

/** @throws TypeError for a revocation of nothing: it would seem done. */
function entryOf(revocation: Revocation, untilMs: number): Entry {
  const { issuer, by } = revocation
  const id = idOf(revocation)
  if (!isText(issuer) || !isText(id)) throw new TypeError('a revocation needs an issuer and whom or what it is about')
  if (!Number.isFinite(untilMs)) throw new TypeError(`untilMs must be finite, got ${untilMs}`)
  return { issuer, by, key: keyOf(id), issuedBelowMs: issuedBelowOf(revocation), untilMs }
}

function idOf(revocation: Revocation): unknown {
  switch (revocation.by) {
    case 'token':
      return revocation.tokenId
    case 'session':
      return revocation.sessionId
    case 'subject':
      return revocation.subject
    case 'client':
      return revocation.client
  }
}

/** `iat` is told in seconds: a token of the same second may be the older one. */
function issuedBelowOf(revocation: Revocation): number {
  if (revocation.by === 'token' || revocation.by === 'session') return Number.POSITIVE_INFINITY
  const { beforeMs } = revocation
  if (!Number.isFinite(beforeMs)) throw new TypeError(`beforeMs must be finite, got ${beforeMs}`)
  return (Math.floor(beforeMs / 1000) + 1) * 1000
}
