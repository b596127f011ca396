export { type ApiKeyOptions, apiKey } from './api-keys/api-key.js'
export { type ApiKeyFile, type ApiKeyFileEvent, type ApiKeyFileOptions, apiKeyFile } from './api-keys/api-key-file.js'
export type { ApiKeyLookup, ApiKeyLookupFault } from './api-keys/api-key-lookup.js'
export type { ApiKeyRecord } from './api-keys/api-key-record.js'
export { type IssueApiKeyOptions, type IssuedApiKey, issueApiKey } from './api-keys/issue-api-key.js'
export type { ApiKeyUse } from './api-keys/key-uses.js'
export { revokeApiKey } from './api-keys/revoke-api-key.js'
export { storeApiKey } from './api-keys/store-api-key.js'
export type { CertificateField } from './certificates/certificate-field.js'
export type { CertificateBundle, TrustedAuthorities } from './certificates/certificate-path.js'
export type { CertificateIdentityKind, CertificateRule, SpiffeRule } from './certificates/certificate-rules.js'
export {
  type CertificateSource,
  type CertificateSourceOptions,
  certificateSource,
  type PresentedCertificate,
} from './certificates/certificate-source.js'
export { type MtlsGuard, type MtlsOptions, mtls } from './certificates/mtls.js'
export { refuseForgedCertificates } from './certificates/refuse-forged-certificates.js'
export {
  type SecureServer,
  type SecureServerEvent,
  type SecureServerOptions,
  secureServer,
} from './certificates/secure-server.js'
export type { ServerFiles } from './certificates/server-context.js'
export { parseSpiffeId, type SpiffeId } from './certificates/spiffe-id.js'
export type { TrustBundlesByDomain } from './certificates/trust-bundles.js'
export { type DpopOptions, dpop } from './dpop/dpop.js'
export type { DpopNonceOptions } from './dpop/dpop-nonce.js'
export type { Fetch } from './fetch-json.js'
export type { AuthenticatedRequest, ClientAuthentication, Credentials } from './introspection/client-authentication.js'
export { type ClientSecretOptions, clientSecretBasic, clientSecretPost } from './introspection/client-secret.js'
export { type IntrospectOptions, introspect } from './introspection/introspect.js'
export { type IntrospectionOptions, introspection } from './introspection/introspection.js'
export type { Introspection, IntrospectionFactory } from './introspection/introspection-port.js'
export { type MtlsFetchOptions, mtlsFetch } from './introspection/mtls-fetch.js'
export { type PrivateKeyJwtOptions, privateKeyJwt } from './introspection/private-key-jwt.js'
export { type TlsClientAuthOptions, tlsClientAuth } from './introspection/tls-client-auth.js'
export type { IssuerOptions } from './issuers/issuer-options.js'
export type { IssuerResolver } from './issuers/resolved-issuers.js'
export { type TrustedIssuer, trustedIssuer } from './issuers/trusted-issuer.js'
export type { JwtAlgorithm } from './keys/algorithms.js'
export type { IssuerEvent, IssuerState } from './keys/issuer-state.js'
export { type Auth0Options, auth0 } from './profiles/auth0.js'
export { cognito } from './profiles/cognito.js'
export { type EntraOptions, entra } from './profiles/entra.js'
export { type JwtSvidOptions, jwtSvid } from './profiles/jwt-svid.js'
export { type KeycloakOptions, keycloak } from './profiles/keycloak.js'
export { type ProtectedResource, type ProtectedResourceOptions, protectedResource } from './protected-resource.js'
export { type BackChannelLogoutOptions, backChannelLogout } from './revocation/back-channel-logout.js'
export { type MemoryReplayStoreOptions, memoryReplayStore } from './revocation/replay-memory.js'
export type { ReplayClaim, ReplayStore } from './revocation/replay-store.js'
export type { RevocableToken, Revocation, RevocationStore } from './revocation/revocation.js'
export { type MemoryRevocationStoreOptions, memoryRevocationStore } from './revocation/revocation-memory.js'
export { type RevokeTokensOptions, revokeTokens, type TokensToRevoke } from './revocation/revoke-tokens.js'
export type { ClaimPath } from './tokens/claim-path.js'
export { type FederatedJwtOptions, type JwtOptions, jwt } from './tokens/jwt.js'
export type { TokenOptions } from './tokens/token-options.js'
export {
  type ClaimMapping,
  type RequiredClaims,
  RFC9068,
  type TokenProfile,
  type TokenType,
} from './tokens/token-profile.js'
export type { BoundToken, RefusalExtra, RefuseToken, TokenError, TokenProof } from './tokens/token-proof.js'
