import {
  apiKeyFile,
  certificateSource,
  clientSecretBasic,
  introspection,
  memoryReplayStore,
  memoryRevocationStore,
  protectedResource,
  secureServer,
  type TrustedIssuer,
  trustedIssuer,
} from 'wardline'
import type { IssuerConfig, ZeroTrustConfig } from './config.js'

/** The five scopes of this service. */
export const SCOPES = ['accounts:read', 'payments:write', 'ledger:read', 'reports:read', 'partner:read'] as const

/** Algorithms of DPoP proofs. */
export const PROOF_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'] as const

/** Whom this service believes, and what it remembers of whom not to. Shared by all its policies. */
export type Trust = ReturnType<typeof trustOf>

/** @param tell - Says on standard error what happened beside the requests. */
export function trustOf(config: ZeroTrustConfig, tell: (line: string) => void) {
  const tls = secureServer({
    certFile: config.certFile,
    keyFile: config.keyFile,
    clientCaFile: config.clientCaFile,
    clientCertificates: 'asked', // most callers have none: routes ask for it
    onEvent: ({ event }) => tell(event),
  })
  const issuers = config.issuers.map((issuer) => issuerFor(issuer, tell)) as [TrustedIssuer, ...TrustedIssuer[]]
  return {
    tls,
    issuers,
    people: issuers[0],
    /** Issuers whose tokens are JWTs. */
    jwtIssuers: issuers.filter((_issuer, index) => config.issuers[index]?.mode === 'jwt'),
    certificates: certificateSource({
      header: config.proxyCertHeader,
      trustedProxies: config.proxyCertHeader === undefined ? undefined : config.trustedProxies,
      ca: tls.clientCa,
    }),
    apiKeys: apiKeyFile({ path: config.apiKeys, onEvent: ({ event }) => tell(event) }),
    replay: memoryReplayStore(),
    revocation: memoryRevocationStore(),
    resource: protectedResource({
      resource: config.publicOrigin,
      authorizationServers: config.issuers.map(({ issuer }) => issuer),
      scopes: SCOPES,
      dpopAlgorithms: PROOF_ALGORITHMS,
      tlsClientCertificateBound: true,
    }),
  }
}

function issuerFor(config: IssuerConfig, tell: (line: string) => void): TrustedIssuer {
  const { issuer, audience } = config
  return trustedIssuer({
    issuer,
    audience,
    ...(config.mode === 'introspection' && {
      introspection: introspection({ clientAuth: clientSecretBasic(config), of: 'all' }),
    }),
    onEvent: ({ event }) => tell(`${event} ${issuer}`),
  })
}
