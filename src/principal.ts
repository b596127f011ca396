import type { Challenge } from './decision.js'
import { frozenSet } from './lib/frozen.js'
import { nonEmptyString } from './lib/options.js'

/** How a caller proved to be the one that its credential names. */
export type Proof = 'bearer' | 'dpop' | 'mtls' | 'key'

/** How and when a user was authenticated (OpenID Connect Core 1.0 section 2, RFC 9470 section 3). */
export interface Authentication {
  /** Authentication context class reference. */
  readonly acr: string | undefined
  /** Authentication methods (RFC 8176); empty where the issuer names none. */
  readonly amr: readonly string[]
  /** When, in seconds since the epoch; undefined where the issuer does not say. */
  readonly authTime: number | undefined
}

/** Who acts for the principal (RFC 8693 section 4.1). */
export interface Actor {
  /** Unique within its issuer: the `sub` claim of `act`. */
  readonly id: string
  /** Undefined where the token names none: then the token's own issuer speaks of it. */
  readonly issuer: string | undefined
}

/** The caller, as a guard of the identity room established it. The one identity fact that all rooms share. */
export interface Principal {
  /** Unique within the issuer: the `sub` claim (RFC 9068 section 2.2). Compare it together with `issuer`, never alone. */
  readonly id: string
  /** Who vouches for the caller: the `iss` claim, a SPIFFE trust domain, the name of a set of keys. */
  readonly issuer: string
  /** The OAuth client that acts: the `client_id` claim; undefined where the issuer names none. */
  readonly client: string | undefined
  /** A person, or a program that acts for itself. */
  readonly kind: 'user' | 'service'
  /** What the credential grants (RFC 6749 section 3.3); empty where it grants none. */
  readonly scopes: ReadonlySet<string>
  /** Roles and groups of the caller; empty where it has none. */
  readonly roles: ReadonlySet<string>
  /** Undefined where the caller belongs to none. Two callers without a tenant do not share one. */
  readonly tenant: string | undefined
  /** Everything the issuer said. Frozen. */
  readonly claims: Readonly<Record<string, unknown>>
  /** How and when a user was authenticated, as far as the issuer says. */
  readonly authentication: Authentication
  /** How the caller proved that the credential is its own. */
  readonly proof: Proof
  /** Who acts for the principal, the latest first; empty where it acts itself. Only the first may matter to access. */
  readonly actors: readonly Actor[]
  /** The challenge that asks this caller for a better credential, where it is not `Bearer`. */
  readonly [CHALLENGE]?: Challenge | undefined
}

/** What identity guards give, and guards by principal need. */
export interface PrincipalFacts {
  /** The caller. */
  readonly principal: Principal
}

/** Where a principal keeps its challenge: nothing that an application prints or compares. */
export const CHALLENGE = Symbol('wardline.challenge')

/** Nothing is known of how the caller was authenticated. */
export const NOT_AUTHENTICATED: Authentication = Object.freeze({
  acr: undefined,
  amr: Object.freeze([]),
  authTime: undefined,
})

/**
 * A principal of your own: what you name, frozen, and nothing for the rest. For identity guards that this library does
 * not have.
 *
 * @throws TypeError without an `id` and an `issuer`: both say who it is.
 */
export function definePrincipal(known: Pick<Principal, 'id' | 'issuer'> & Partial<Principal>): Principal {
  nonEmptyString('id', known?.id)
  nonEmptyString('issuer', known.issuer)
  return Object.freeze({
    client: undefined,
    kind: 'user',
    scopes: NONE,
    roles: NONE,
    tenant: undefined,
    claims: Object.freeze({}),
    authentication: NOT_AUTHENTICATED,
    proof: 'bearer',
    actors: Object.freeze([]),
    ...known,
  })
}

const NONE: ReadonlySet<string> = frozenSet([])

/** Asks `principal` for a better credential of the kind it sent. */
export function challengeTo(principal: Principal, params: Readonly<Record<string, string>>): Challenge {
  const own = principal[CHALLENGE]
  return own === undefined ? { scheme: 'Bearer', params } : { scheme: own.scheme, params: { ...own.params, ...params } }
}

/**
 * The principal that a guard behind needs.
 *
 * @throws TypeError when no guard ahead gave one: the types say so at compile time, JavaScript finds out here.
 */
export function neededPrincipal(facts: PrincipalFacts, guard: string): Principal {
  if (typeof facts?.principal === 'object' && facts.principal !== null) return facts.principal
  throw new TypeError(`${guard} needs the fact principal: put a guard that gives it, such as jwt(), before it`)
}
