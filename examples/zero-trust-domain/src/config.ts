import { type Environment, given, listOf, portNumber } from '@wardline/example-service'

/** One issuer, and how its tokens are checked. */
export type IssuerConfig =
  | { readonly issuer: string; readonly audience: string; readonly mode: 'jwt' }
  | {
      readonly issuer: string
      readonly audience: string
      readonly mode: 'introspection'
      readonly clientId: string
      readonly clientSecret: string
    }

const CERT_HEADERS = ['client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert'] as const

/** The service's settings, from the environment. */
export interface ZeroTrustConfig {
  readonly host: string
  readonly port: number
  readonly certFile: string
  readonly keyFile: string
  readonly clientCaFile: string
  readonly publicOrigin: string
  /** The first is the people's. */
  readonly issuers: readonly [IssuerConfig, ...IssuerConfig[]]
  readonly trustDomain: string
  readonly apiKeys: string
  readonly auditLog: string | undefined
  readonly trustedProxies: readonly string[] | undefined
  readonly proxyCertHeader: (typeof CERT_HEADERS)[number] | undefined
}

/** @throws TypeError naming the variable that is missing or malformed. */
export function zeroTrustConfig(env: Environment): ZeroTrustConfig {
  const trustedProxies = listOf(env, 'TRUST_PROXY')
  const proxyCertHeader = certHeader(given(env, 'PROXY_CERT_HEADER'))
  if (proxyCertHeader !== undefined && trustedProxies === undefined) {
    throw new TypeError('PROXY_CERT_HEADER is set, but TRUST_PROXY is not: nobody would be believed')
  }
  return {
    host: given(env, 'HOST') ?? '127.0.0.1',
    port: portNumber(given(env, 'PORT') ?? '8443'),
    certFile: needed(env, 'TLS_CERT', "the PEM file of the service's certificate"),
    keyFile: needed(env, 'TLS_KEY', "the PEM file of the service's key"),
    clientCaFile: needed(env, 'TLS_CLIENT_CA', 'the PEM file of the authorities that client certificates are from'),
    publicOrigin: originOf(
      needed(env, 'PUBLIC_ORIGIN', 'the origin that callers use, such as https://api.example.com'),
    ),
    issuers: issuersOf(needed(env, 'ISSUERS', 'a JSON array of issuers')),
    trustDomain: trustDomainOf(needed(env, 'TRUST_DOMAIN', 'the SPIFFE trust domain of calling services')),
    apiKeys: needed(env, 'API_KEYS', 'the JSON file of issued API keys'),
    auditLog: given(env, 'AUDIT_LOG'),
    trustedProxies,
    proxyCertHeader,
  }
}

function needed(env: Environment, name: string, what: string): string {
  const value = given(env, name)
  if (value === undefined) throw new TypeError(`${name} is not set: ${what} is needed`)
  return value
}

/** Nothing but an origin: callers sign it, byte for byte. */
function originOf(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text
  throw new TypeError(`PUBLIC_ORIGIN must be an origin such as https://api.example.com, got ${JSON.stringify(text)}`)
}

/** SPIFFE-ID section 2.1. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/

function trustDomainOf(text: string): string {
  if (TRUST_DOMAIN.test(text)) return text
  throw new TypeError(
    `TRUST_DOMAIN must be the name of a trust domain such as example.org, got ${JSON.stringify(text)}`,
  )
}

function certHeader(text: string | undefined): ZeroTrustConfig['proxyCertHeader'] {
  const known = CERT_HEADERS.find((header) => header === text?.toLowerCase())
  if (text === undefined || known !== undefined) return known
  throw new TypeError(`PROXY_CERT_HEADER must be one of ${CERT_HEADERS.join(', ')}, got ${JSON.stringify(text)}`)
}

function issuersOf(text: string): ZeroTrustConfig['issuers'] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw new TypeError('ISSUERS must be JSON')
  }
  if (!Array.isArray(list) || list.length === 0)
    throw new TypeError('ISSUERS must be a JSON array of at least one issuer')
  const [first, ...rest] = list.map(issuerOf) as [IssuerConfig, ...IssuerConfig[]]
  if (new Set([first, ...rest].map(({ issuer }) => issuer)).size < list.length)
    throw new TypeError('ISSUERS must not name one issuer twice')
  if (first.mode !== 'jwt')
    throw new TypeError('ISSUERS[0] is the issuer of people, whose tokens are JWTs: mode must be "jwt"')
  return [first, ...rest]
}

function issuerOf(given: unknown, index: number): IssuerConfig {
  const { issuer, audience, mode, clientId, clientSecret } = (given ?? {}) as Readonly<Record<string, unknown>>
  const text = (name: string, value: unknown): string => {
    if (typeof value === 'string' && value !== '') return value
    throw new TypeError(`ISSUERS[${index}].${name} must be a non-empty string`)
  }
  const own = { issuer: text('issuer', issuer), audience: text('audience', audience) }
  if (mode === 'jwt') return { ...own, mode }
  if (mode !== 'introspection') throw new TypeError(`ISSUERS[${index}].mode must be "jwt" or "introspection"`)
  return { ...own, mode, clientId: text('clientId', clientId), clientSecret: text('clientSecret', clientSecret) }
}
