/** The caller, as a guard of the identity room established it. The one identity fact that all rooms share. */
export interface Principal {
  /** Unique within the issuer: the `sub` claim (RFC 9068 section 2.2). Compare it together with `issuer`, never alone. */
  readonly id: string
  /** Who vouches for the caller: the `iss` claim. */
  readonly issuer: string
  /** The OAuth client that acts: the `client_id` claim; undefined where the issuer names none. */
  readonly client: string | undefined
  readonly scopes: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  /** Undefined where the caller belongs to none. Two callers without a tenant do not share one. */
  readonly tenant: string | undefined
  /** Everything the issuer said. Frozen. */
  readonly claims: Readonly<Record<string, unknown>>
  /** How the caller proved to be the one the credential names. */
  readonly proof: 'bearer'
}

/**
 * The principal that a guard behind needs.
 *
 * @throws TypeError when no guard ahead gave one: the types say so at compile time, JavaScript finds out here.
 */
export function neededPrincipal(facts: { readonly principal: Principal }, guard: string): Principal {
  if (typeof facts?.principal === 'object' && facts.principal !== null) return facts.principal
  throw new TypeError(`${guard} needs the fact principal: put a guard that gives it, such as jwt(), before it`)
}
