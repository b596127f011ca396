import { LRUCache } from 'lru-cache'
import type { MaybePromise } from '../../guard.js'
import { isRecent } from '../../lib/fresh.js'
import { tell } from '../../lib/listener.js'
import { withinTime } from '../../lib/within-time.js'
import { type Fetch, fetchJson, isSecureUrl } from '../fetch-json.js'
import { DISCOVERY_TIMEOUT_MS, discover, MAX_DOCUMENT_BYTES } from '../issuers/discovery.js'
import type { JwtAlgorithm } from './algorithms.js'
import type { IssuerEvent, IssuerState } from './issuer-state.js'
import { importKeySet, type KeySet, type VerificationKey } from './key-set.js'

/** What can be said about the key that a token names. */
export type KeyAnswer =
  | { readonly key: VerificationKey }
  /** `unknown`: the issuer has no such key. `unavailable`: nobody can tell now. */
  | {
      readonly key: undefined
      readonly reason: 'unknown' | 'unavailable'
      readonly retryAfterMs: number
      readonly cause?: unknown
    }

export interface IssuerKeysOptions {
  readonly issuer: string
  readonly jwksUri: string | undefined
  readonly jwks: { readonly keys: readonly object[] } | undefined
  readonly keyUse: string
  readonly algorithms: readonly JwtAlgorithm[]
  readonly refreshMs: number
  readonly maxStaleMs: number
  readonly cooldownMs: number
  readonly fetch: Fetch
  readonly onEvent: ((event: IssuerEvent) => void) | undefined
}

/** After a failure: one second, doubled up to this. Bounds requests to an issuer that is down. */
const MAX_RETRY_MS = 5_000
const MAX_UNKNOWN_KIDS = 1_000
/** For so many the issuer is not asked again for a key id that it did not have. */
const COOLDOWNS_OF_KID = 3

/**
 * The keys of one issuer, fetched when they are first needed. However many requests wait, one fetch is under way; however
 * many unknown key ids arrive, one fetch per cooldown is made for them; and a known key never waits for any of it.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions
  #set: KeySet | undefined
  #fetchedAtMs = Number.NEGATIVE_INFINITY
  #underWay: Promise<void> | undefined
  #jwksUri: string | undefined
  #failures = 0
  #failure: unknown
  #failingSinceMs = 0
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #unknownAskedAtMs = Number.NEGATIVE_INFINITY
  /** Key ids that the issuer did not have, and when it was asked for them. */
  #unknownKids: LRUCache<string, number> | undefined

  constructor(options: IssuerKeysOptions) {
    this.#options = options
    this.#jwksUri = options.jwksUri
    if (options.jwks === undefined) return
    try {
      this.#set = importKeySet(options.jwks, options.algorithms, options.keyUse)
    } catch (error) {
      throw new TypeError(`jwks: ${(error as Error).message}`)
    }
  }

  /** Whether there are keys to be had now. A failure a moment ago is waited for no longer than its back-off says. */
  async warm(): Promise<boolean> {
    await this.#refresh(Date.now())
    return this.#usable(Date.now()) !== undefined
  }

  /** By a timer that keeps no process alive: soon after a failure, and as often as keys are refreshed. */
  keepWarm(): () => void {
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    const next = (): void => {
      const { refreshMs, jwks } = this.#options
      if (isOver || jwks !== undefined) return
      const afterMs = this.#failures === 0 ? refreshMs : Math.max(1, this.#restsForMs(Date.now()))
      timer = setTimeout(() => void this.warm().then(next), afterMs).unref()
    }
    void this.warm().then(next)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }

  state(): IssuerState {
    const usable = this.#usable(Date.now()) !== undefined
    const age = this.#failures === 0 ? 'ready' : 'stale'
    return Object.freeze({
      keys: this.#set === undefined ? 'cold' : usable ? age : 'expired',
      usable,
      kids: Object.freeze(this.#set?.kids() ?? []),
      fetchedAtMs: Number.isFinite(this.#fetchedAtMs) ? this.#fetchedAtMs : undefined,
      failures: this.#failures,
    })
  }

  /** Whether `key` is still one of the issuer's. Asking keeps the keys fresh, as `find` does. */
  isCurrent(key: VerificationKey, nowMs: number): boolean {
    if (this.#usable(nowMs)?.has(key) !== true) return false
    this.#refreshWhenDue(nowMs)
    return true
  }

  find(kid: string | undefined, algorithm: string, nowMs: number): MaybePromise<KeyAnswer> {
    const set = this.#usable(nowMs)
    const key = set?.select(kid, algorithm)
    if (key !== undefined) {
      this.#refreshWhenDue(nowMs)
      return { key }
    }
    if (set !== undefined && !this.#mayAskForUnknown(set, kid, nowMs)) return this.#missing(nowMs)
    const refreshed = this.#refresh(nowMs)
    if (refreshed === undefined) return this.#missing(nowMs)
    return refreshed.then(() => {
      const found = this.#usable(nowMs)?.select(kid, algorithm)
      if (found !== undefined) return { key: found }
      if (kid !== undefined && this.#failures === 0) this.#noteUnknown(kid, nowMs)
      return this.#missing(nowMs)
    })
  }

  #usable(nowMs: number): KeySet | undefined {
    if (this.#options.jwks !== undefined) return this.#set
    return isRecent(this.#fetchedAtMs, this.#options.maxStaleMs, nowMs) ? this.#set : undefined
  }

  #refreshWhenDue(nowMs: number): void {
    if (this.#options.jwks !== undefined) return
    if (!isRecent(this.#fetchedAtMs, this.#options.refreshMs, nowMs)) void this.#refresh(nowMs)
  }

  /** Claims the cooldown before the fetch; those who come while it is under way wait for it. */
  #mayAskForUnknown(set: KeySet, kid: string | undefined, nowMs: number): boolean {
    if (kid !== undefined && set.names(kid)) return false // known, but for another algorithm
    if (this.#options.jwks !== undefined) return false
    if (this.#underWay !== undefined) return true
    const { cooldownMs } = this.#options
    if (isRecent(this.#unknownAskedAtMs, cooldownMs, nowMs)) return false
    const unknownAtMs = kid === undefined ? undefined : this.#unknownKids?.get(kid)
    if (isRecent(unknownAtMs, COOLDOWNS_OF_KID * cooldownMs, nowMs)) return false
    this.#unknownAskedAtMs = nowMs
    return true
  }

  #noteUnknown(kid: string, nowMs: number): void {
    this.#unknownKids ??= new LRUCache({ max: MAX_UNKNOWN_KIDS })
    this.#unknownKids.set(kid, nowMs)
  }

  #missing(nowMs: number): KeyAnswer {
    const retryAfterMs = Math.max(1, this.#restsForMs(nowMs))
    if (this.#failures === 0) return { key: undefined, reason: 'unknown', retryAfterMs }
    return { key: undefined, reason: 'unavailable', retryAfterMs, cause: this.#failure }
  }

  /** The fetch under way, a new one, or undefined when the last failure is too recent. Never rejects. */
  #refresh(nowMs: number): Promise<void> | undefined {
    if (this.#options.jwks !== undefined) return undefined
    if (this.#underWay !== undefined) return this.#underWay
    if (this.#restsForMs(nowMs) > 0) return undefined
    const startedAtMs = performance.now()
    const elapsed = () => nowMs + (performance.now() - startedAtMs)
    this.#underWay = this.#fetchKeys()
      .then(
        (set) => this.#succeed(set, elapsed()),
        (cause) => this.#fail(cause, elapsed()),
      )
      .finally(() => {
        this.#underWay = undefined
      })
    return this.#underWay
  }

  /** How long the last failure forbids another try. A clock that stepped back makes it no longer than it ever is. */
  #restsForMs(nowMs: number): number {
    const ms = this.#notBeforeMs - nowMs
    return ms > MAX_RETRY_MS ? 0 : ms
  }

  #succeed(set: KeySet, nowMs: number): void {
    const before = this.#set
    this.#set = set
    this.#fetchedAtMs = nowMs
    const wasAway = this.#failures > 0
    this.#failures = 0
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
    const { issuer } = this.#options
    if (wasAway) this.#tell({ event: 'keys_recovered', issuer, afterMs: Math.max(0, nowMs - this.#failingSinceMs) })
    if (before === undefined) return
    const [added, removed] = [set.kidsBeside(before), before.kidsBeside(set)]
    if (added.length + removed.length > 0) this.#tell({ event: 'keys_rotated', issuer, added, removed })
  }

  #tell(event: IssuerEvent): void {
    tell(this.#options.onEvent, event)
  }

  #fail(cause: unknown, nowMs: number): void {
    this.#failures++
    this.#failure = cause
    if (this.#failures === 1) {
      this.#failingSinceMs = nowMs
      this.#tell({ event: 'keys_unavailable', issuer: this.#options.issuer, cause })
    }
    this.#jwksUri = this.#options.jwksUri // it may have moved: discover again
    this.#notBeforeMs = nowMs + Math.min(MAX_RETRY_MS, 1_000 * 2 ** (this.#failures - 1))
  }

  #fetchKeys(): Promise<KeySet> {
    return withinTime(DISCOVERY_TIMEOUT_MS, (signal) => this.#fetchKeysUntil(signal))
  }

  async #fetchKeysUntil(signal: AbortSignal): Promise<KeySet> {
    this.#jwksUri ??= await this.#discover(signal)
    const document = await fetchJson(this.#options.fetch, this.#jwksUri, MAX_DOCUMENT_BYTES, signal)
    return importKeySet(document, this.#options.algorithms, this.#options.keyUse, this.#set)
  }

  async #discover(signal: AbortSignal): Promise<string> {
    const { issuer, fetch } = this.#options
    const { jwks_uri } = await discover(issuer, fetch, signal)
    if (!isSecureUrl(jwks_uri)) throw new Error(`the metadata of ${issuer} has no jwks_uri over TLS`)
    return jwks_uri
  }
}
