/** Members that only ID tokens (OpenID Connect Core 1.0 sections 2 and 3.3.2.11) and security events (RFC 8417) have. */
const FOREIGN = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']

/** Whether claims are plainly those of another kind of token. That they are not says nothing. */
export const isOfAnotherKind = (claims: Readonly<Record<string, unknown>>): boolean =>
  FOREIGN.some((name) => Object.hasOwn(claims, name))
