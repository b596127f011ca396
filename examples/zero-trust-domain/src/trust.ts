import {
  type ApiKeyFileEvent,
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

/** @param say - Says on standard error what happened beside the requests. */
export function trustOf(config: ZeroTrustConfig, say: (line: string) => void) {
  const tell = (line: string | undefined) => line !== undefined && say(line)
  const tls = from('TLS_CERT, TLS_KEY, TLS_CLIENT_CA', () =>
    secureServer({
      certFile: config.certFile,
      keyFile: config.keyFile,
      clientCaFile: config.clientCaFile,
      clientCertificates: 'asked', // most callers have none: routes ask for it
      onEvent: (event) => tell('cause' in event ? `${event.event}: ${messageOf(event.cause)}` : event.event),
    }),
  )
  const issuers = config.issuers.map((issuer, index) => from(`ISSUERS[${index}]`, () => issuerFor(issuer, tell))) as [
    TrustedIssuer,
    ...TrustedIssuer[],
  ]
  return {
    tls,
    issuers,
    people: issuers[0],
    /** Issuers whose tokens are JWTs. */
    jwtIssuers: issuers.filter((_issuer, index) => config.issuers[index]?.mode === 'jwt'),
    certificates: from('TRUST_PROXY', () =>
      certificateSource({
        header: config.proxyCertHeader,
        trustedProxies: config.trustedProxies, // without a header too: a proxy's own certificate is not its caller's
        ca: tls.clientCa,
      }),
    ),
    apiKeys: from('API_KEYS', () => apiKeyFile({ path: config.apiKeys, onEvent: (event) => tell(toldOf(event)) })),
    replay: memoryReplayStore(),
    revocation: memoryRevocationStore(),
    resource: from('PUBLIC_ORIGIN', () =>
      protectedResource({
        resource: config.publicOrigin,
        authorizationServers: config.issuers.map(({ issuer }) => issuer),
        scopes: SCOPES,
        dpopAlgorithms: PROOF_ALGORITHMS,
        tlsClientCertificateBound: true,
      }),
    ),
  }
}

function issuerFor(config: IssuerConfig, tell: (line: string) => unknown): TrustedIssuer {
  const { issuer, audience } = config
  return trustedIssuer({
    issuer,
    audience,
    ...(config.mode === 'introspection' && {
      introspection: introspection({
        clientAuth: clientSecretBasic({ clientId: config.clientId, clientSecret: config.clientSecret }),
        of: 'opaque', // its JWTs are verified here, by its keys
      }),
    }),
    onEvent: ({ event }) => tell(`${event} ${issuer}`),
  })
}

/** Says which variable an option that does not hold has come from. */
export function from<T>(variable: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new TypeError(`${variable}: ${messageOf(cause)}`, { cause })
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** A file that holds what it should is nothing to tell. */
function toldOf(event: ApiKeyFileEvent): string | undefined {
  switch (event.event) {
    case 'key_file_loaded':
      return event.refused.length === 0 ? undefined : [event.event, ...event.refused].join('; ')
    case 'key_file_unreadable':
      return `${event.event}: ${messageOf(event.cause)}`
    case 'key_file_recovered':
      return event.event
  }
}
