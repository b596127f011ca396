import { createHash } from 'node:crypto'
import type { NoFacts, RequestContext } from '../context.js'
import { clientNetwork } from '../lib/address.js'
import { callable, integerBetween, nonEmptyString } from '../lib/options.js'
import { neededPrincipal, type PrincipalFacts } from '../principal.js'

/** Says who is counted together: requests with the same text share one quota. */
export type RateKey<Needs extends object = NoFacts> = (ctx: RequestContext, facts: Needs) => string

/** A client address; an IPv6 client by its /64, since it owns all of it. */
export const byClient = (ctx: RequestContext): string => clientNetwork(ctx.client)

/**
 * A network of clients: an IPv4 address alone, IPv6 clients by their first bits. For those who own more than a /64.
 *
 * @param ipv6Bits - Length of the prefix, 32 to 64. Default: 48, which a site is given.
 * @throws TypeError for a length out of its range.
 */
export function byNetwork(ipv6Bits = 48): RateKey {
  integerBetween('ipv6Bits', ipv6Bits, 32, 64)
  return ({ client }) => clientNetwork(client, ipv6Bits)
}

/**
 * The caller: issuer and id together, so that two issuers' `alice` are two callers.
 *
 * @throws TypeError where no guard ahead gave a principal.
 */
export function byPrincipal(_ctx: RequestContext, facts: PrincipalFacts): string {
  const { issuer, id } = neededPrincipal(facts, 'byPrincipal')
  return joined([issuer, id])
}

/**
 * The OAuth client, or who holds the key: issuer and `principal.client` together. Callers without one share a quota of
 * their issuer.
 *
 * @throws TypeError where no guard ahead gave a principal.
 */
export function byOAuthClient(_ctx: RequestContext, facts: PrincipalFacts): string {
  const { issuer, client } = neededPrincipal(facts, 'byOAuthClient')
  return client === undefined ? joined([issuer]) : joined([issuer, client])
}

/**
 * Callers with the same value of a claim, such as their tenant, within one issuer.
 *
 * @param claim - Name of a claim with a string or a number in it.
 * @throws TypeError for an empty name; at a request, where the principal has no such claim: the request is denied.
 */
export function byClaim(claim: string): RateKey<PrincipalFacts> {
  nonEmptyString('claim', claim)
  return (_ctx, facts) => {
    const { issuer, claims } = neededPrincipal(facts, 'byClaim')
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    if (typeof value === 'string' || typeof value === 'number') return joined([issuer, typeof value, String(value)])
    throw new TypeError(`byClaim: the principal has no claim ${claim} with a string or a number`)
  }
}

/**
 * The route pattern: requests of one route are counted together, and so are those that no route has matched yet. Mount the
 * limit at the routes: ahead of them there is no pattern.
 */
export const byRoute = ({ route }: RequestContext): string => (route === undefined ? '' : joined([route]))

/**
 * Several keys as one, so that a quota is of a tenant and a route, say.
 *
 * @throws TypeError when an argument is not a function.
 */
export function byEach<Needs extends object>(
  first: RateKey<Needs>,
  ...more: readonly RateKey<Needs>[]
): RateKey<Needs> {
  const keys = [first, ...more].map((key, index) => callable(`byEach(): argument ${index + 1}`, key))
  return (ctx, facts) => joined(keys.map((key) => key(ctx, facts)))
}

/** The lengths say where each part ends: `a,b` and `c` are not `a` and `b,c`. */
const joined = (parts: readonly string[]): string =>
  parts.map((part, index) => (index === parts.length - 1 ? part : `${part.length}:${part}`)).join('')

/**
 * What a request names becomes a key of bounded length; one that looks like a hash is hashed, lest it name another's. In
 * UTF-16, since in UTF-8 all lone surrogates are the same.
 */
export function boundedKey(key: unknown): string {
  if (typeof key !== 'string') throw new TypeError(`key must give a string, got ${typeof key}`)
  return key.length <= 128 && !key.startsWith('#')
    ? key
    : `#${createHash('sha256').update(key, 'utf16le').digest('base64url')}`
}
