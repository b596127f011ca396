export type { JwtAlgorithm } from './algorithms.js'
export type { ClaimPath } from './claim-path.js'
export type { Fetch } from './fetch-json.js'
export type { IssuerEvent, IssuerState } from './issuer-keys.js'
export type { IssuerOptions } from './issuer-options.js'
export { type FederatedJwtOptions, type JwtOptions, jwt, type TokenOptions } from './jwt.js'
export type { IssuerResolver } from './resolved-issuers.js'
export type { RevocableToken, Revocation, RevocationStore } from './revocation.js'
export {
  type ClaimMapping,
  type RequiredClaims,
  RFC9068,
  type TokenProfile,
  type TokenType,
} from './token-profile.js'
export type { TokenProof } from './token-proof.js'
export { type TrustedIssuer, trustedIssuer } from './trusted-issuer.js'
