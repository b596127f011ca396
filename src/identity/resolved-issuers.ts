import { LRUCache } from 'lru-cache'
import type { MaybePromise } from '../guard.js'
import { andThen, isPromiseLike } from '../lib/maybe-promise.js'
import { isSecureUrl } from './fetch-json.js'
import type { IssuerOptions } from './issuer-options.js'
import { type Issuer, issuerFrom, type TrustedIssuer } from './trusted-issuer.js'

/** Gives the options of an issuer, or nothing for one that is not to be believed. */
export type IssuerResolver = (issuer: string) => MaybePromise<IssuerOptions | TrustedIssuer | undefined>

interface Resolved {
  readonly given: IssuerOptions | TrustedIssuer
  readonly issuer: Issuer
}

const SPIFFE = /^spiffe:\/\//

/**
 * Issuers found at run time, the longest unused forgotten first. That a name is nobody's is remembered apart, so that a
 * flood of made-up names drives out no issuer with its keys.
 */
export class ResolvedIssuers {
  readonly #resolve: IssuerResolver
  readonly #max: number
  readonly #forMs: number
  readonly #found: LRUCache<string, Resolved>
  /** Until when, in milliseconds. */
  readonly #unknown: LRUCache<string, number>
  readonly #underWay = new Map<string, Promise<Issuer | undefined>>()

  constructor(resolve: IssuerResolver, max: number, forMs: number) {
    this.#resolve = resolve
    this.#max = max
    this.#forMs = forMs
    this.#found = new LRUCache({ max })
    this.#unknown = new LRUCache({ max: 10 * max })
  }

  /** @throws Error when the resolver fails, or is asked for too many issuers at once. */
  readonly find = (name: string, nowMs: number): MaybePromise<Issuer | undefined> => {
    if (!isSecureUrl(name) && !SPIFFE.test(name)) return undefined
    const known = this.#found.get(name)
    if (known !== undefined && nowMs < known.issuer.trustedUntilMs) return known.issuer
    if (nowMs < (this.#unknown.get(name) ?? 0)) return undefined
    const underWay = this.#underWay.get(name)
    if (underWay !== undefined) return underWay
    if (this.#underWay.size >= this.#max) throw new Error(`${this.#max} issuers are being resolved`)
    const asked = andThen(this.#resolve(name), (given) => this.#keep(name, given, nowMs))
    if (!isPromiseLike(asked)) return asked
    const answer = Promise.resolve(asked).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, answer)
    return answer
  }

  /** The same options again are the same issuer, which keeps its keys. */
  #keep(name: string, given: IssuerOptions | TrustedIssuer | undefined, nowMs: number): Issuer | undefined {
    const untilMs = nowMs + this.#forMs
    if (given === undefined) {
      this.#found.delete(name)
      this.#unknown.set(name, untilMs)
      return undefined
    }
    const before = this.#found.get(name)
    const issuer = before?.given === given ? before.issuer : issuerFrom('resolveIssuer', given)
    if (issuer.issuer !== name) throw new Error(`resolveIssuer gave another issuer than ${name}`)
    issuer.trustedUntilMs = untilMs
    this.#unknown.delete(name)
    this.#found.set(name, { given, issuer })
    return issuer
  }
}
