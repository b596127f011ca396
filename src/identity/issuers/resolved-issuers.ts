import { LRUCache } from 'lru-cache'
import { type Unavailable, unavailable } from '../../decision.js'
import { Dependency } from '../../dependency.js'
import type { MaybePromise } from '../../guard.js'
import { isFresh } from '../../lib/fresh.js'
import { isPromiseLike } from '../../lib/maybe-promise.js'
import { isTrustDomainId } from '../certificates/spiffe-id.js'
import { isSecureUrl } from '../fetch-json.js'
import type { VerificationKey } from '../keys/key-set.js'
import type { IssuerOptions } from './issuer-options.js'
import { type Issuer, issuerFrom, type KeyHolder, type TrustedIssuer } from './trusted-issuer.js'

/** Gives the options of an issuer, or nothing for one that is not to be believed. */
export type IssuerResolver = (issuer: string) => MaybePromise<IssuerOptions | TrustedIssuer | undefined>

/** An issuer that was found. */
interface Resolution {
  readonly given: IssuerOptions | TrustedIssuer
  readonly issuer: Issuer
  readonly belief: Belief
}

type Found = Resolution | Unavailable | undefined

const UNAVAILABLE = 'issuer_unavailable'

/**
 * That an issuer is believed without asking again, and since when. What the tokens that it vouched for know of it: when
 * it is forgotten, nothing of it is kept by them.
 */
class Belief implements KeyHolder {
  issuer: Issuer | undefined
  sinceMs = Number.NEGATIVE_INFINITY
  readonly #forMs: number

  constructor(issuer: Issuer, forMs: number) {
    this.issuer = issuer
    this.#forMs = forMs
  }

  isHeld(nowMs: number): boolean {
    return isFresh(this.sinceMs, this.#forMs, nowMs)
  }

  isCurrent(key: VerificationKey, nowMs: number): boolean {
    return this.isHeld(nowMs) && this.issuer?.isCurrent(key, nowMs) === true
  }
}

const forget = ({ belief }: Resolution): void => {
  belief.issuer = undefined
}

/**
 * Issuers found at run time, the longest unused forgotten first. That a name is nobody's is remembered apart, so that a
 * flood of made-up names drives out no issuer with its keys.
 */
export class ResolvedIssuers {
  readonly #resolve: IssuerResolver
  readonly #max: number
  readonly #forMs: number
  readonly #found: LRUCache<string, Resolution>
  /** Since when, in milliseconds. */
  readonly #unknown: LRUCache<string, number>
  readonly #underWay = new Map<string, Promise<Found>>()
  readonly #resolver = new Dependency(UNAVAILABLE)

  constructor(resolve: IssuerResolver, max: number, forMs: number) {
    this.#resolve = resolve
    this.#max = max
    this.#forMs = forMs
    this.#found = new LRUCache({ max, dispose: forget })
    this.#unknown = new LRUCache({ max: 10 * max })
  }

  /** 503 when the resolver fails or takes too long, gives what is no such issuer, or is asked for too many at once. */
  find(name: string, nowMs: number): MaybePromise<Found> {
    if (!isSecureUrl(name) && !isTrustDomainId(name)) return undefined
    const known = this.#found.get(name)
    if (known?.belief.isHeld(nowMs) === true) return known
    if (isFresh(this.#unknown.get(name), this.#forMs, nowMs)) return undefined
    return this.#underWay.get(name) ?? this.#ask(name, nowMs)
  }

  #ask(name: string, nowMs: number): MaybePromise<Found> {
    const found = this.#resolver.rely(
      () => {
        if (this.#underWay.size >= this.#max) throw new Error(`${this.#max} issuers are being resolved`)
        return this.#resolve(name)
      },
      (given): Found => {
        try {
          return this.#keep(name, given, nowMs)
        } catch (cause) {
          return unavailable(UNAVAILABLE, 1, cause)
        }
      },
    )
    if (!isPromiseLike(found)) return found
    // One that never answers makes room for others; what it says later is too old to count.
    const answer = Promise.resolve(found).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, answer)
    return answer
  }

  #keep(name: string, given: IssuerOptions | TrustedIssuer | undefined | null, nowMs: number): Resolution | undefined {
    const before = this.#found.get(name)
    // The same options again are the same issuer, which keeps its keys.
    const isSame = before !== undefined && given !== undefined && given !== null && isSameOptions(before.given, given)
    if (!isSame) this.#found.delete(name)
    if (given === undefined || given === null) {
      this.#unknown.set(name, nowMs)
      return undefined
    }
    const resolution = isSame ? before : resolutionOf(name, given, this.#forMs)
    resolution.belief.sinceMs = nowMs
    this.#unknown.delete(name)
    this.#found.set(name, resolution)
    return resolution
  }
}

function resolutionOf(name: string, given: IssuerOptions | TrustedIssuer, forMs: number): Resolution {
  const issuer = issuerFrom('resolveIssuer', given)
  if (issuer.issuer !== name) throw new Error(`resolveIssuer gave another issuer than ${name}`)
  return { given, issuer, belief: new Belief(issuer, forMs) }
}

/** Member by member, lists name by name: resolvers make a new object of the same record each time. */
function isSameOptions(a: object, b: object): boolean {
  if (a === b) return true
  const [mine, its] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))]
  return mine.length === its.size && mine.every(([name, value]) => isSameValue(value, its.get(name)))
}

const isSameValue = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((item, i) => item === b[i]) : a === b
