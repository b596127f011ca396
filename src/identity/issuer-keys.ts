import type { MaybePromise } from '../guard.js'
import type { JwtAlgorithm } from './algorithms.js'
import { type Fetch, fetchJson, isSecureUrl } from './fetch-json.js'
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
  readonly algorithms: readonly JwtAlgorithm[]
  readonly refreshMs: number
  readonly maxStaleMs: number
  readonly cooldownMs: number
  readonly fetch: Fetch
}

const FETCH_TIMEOUT_MS = 5_000
const MAX_DOCUMENT_BYTES = 256 * 1024
/** After a failure: one second, doubled up to this. Bounds requests to an issuer that is down. */
const MAX_RETRY_MS = 5_000

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
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #noUnknownBeforeMs = Number.NEGATIVE_INFINITY

  constructor(options: IssuerKeysOptions) {
    this.#options = options
    this.#jwksUri = options.jwksUri
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
      return found === undefined ? this.#missing(nowMs) : { key: found }
    })
  }

  #usable(nowMs: number): KeySet | undefined {
    return nowMs - this.#fetchedAtMs < this.#options.maxStaleMs ? this.#set : undefined
  }

  #refreshWhenDue(nowMs: number): void {
    if (nowMs - this.#fetchedAtMs >= this.#options.refreshMs) void this.#refresh(nowMs)
  }

  /** Claims the cooldown before the fetch; those who come while it is under way wait for it. */
  #mayAskForUnknown(set: KeySet, kid: string | undefined, nowMs: number): boolean {
    if (kid !== undefined && set.names(kid)) return false // known, but for another algorithm
    if (this.#underWay !== undefined) return true
    if (nowMs < this.#noUnknownBeforeMs) return false
    this.#noUnknownBeforeMs = nowMs + this.#options.cooldownMs
    return true
  }

  #missing(nowMs: number): KeyAnswer {
    const retryAfterMs = Math.max(1, this.#notBeforeMs - nowMs)
    if (this.#failures === 0) return { key: undefined, reason: 'unknown', retryAfterMs }
    return { key: undefined, reason: 'unavailable', retryAfterMs, cause: this.#failure }
  }

  /** The fetch under way, a new one, or undefined when the last failure is too recent. Never rejects. */
  #refresh(nowMs: number): Promise<void> | undefined {
    if (this.#underWay !== undefined) return this.#underWay
    if (nowMs < this.#notBeforeMs) return undefined
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

  #succeed(set: KeySet, nowMs: number): void {
    this.#set = set
    this.#fetchedAtMs = nowMs
    this.#failures = 0
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
  }

  #fail(cause: unknown, nowMs: number): void {
    this.#failures++
    this.#failure = cause
    this.#jwksUri = this.#options.jwksUri // it may have moved: discover again
    this.#notBeforeMs = nowMs + Math.min(MAX_RETRY_MS, 1_000 * 2 ** (this.#failures - 1))
  }

  /** Within the time limit, also over a network that does not honour the signal. */
  #fetchKeys(): Promise<KeySet> {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
    return Promise.race([this.#fetchKeysUntil(signal), aborted(signal)])
  }

  async #fetchKeysUntil(signal: AbortSignal): Promise<KeySet> {
    this.#jwksUri ??= await this.#discover(signal)
    const document = await fetchJson(this.#options.fetch, this.#jwksUri, MAX_DOCUMENT_BYTES, signal)
    return importKeySet(document, this.#options.algorithms, this.#set)
  }

  /** OpenID Connect Discovery 1.0 section 4; the issuer in the document must be the one asked (RFC 8414 section 3.3). */
  async #discover(signal: AbortSignal): Promise<string> {
    const { issuer, fetch } = this.#options
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const document = (await fetchJson(fetch, url, MAX_DOCUMENT_BYTES, signal)) as Readonly<
      Record<string, unknown>
    > | null
    if (document?.issuer !== issuer) throw new Error(`${url} is about another issuer`)
    if (!isSecureUrl(document.jwks_uri)) throw new Error(`${url} has no jwks_uri over TLS`)
    return document.jwks_uri
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
