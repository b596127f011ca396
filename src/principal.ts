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
