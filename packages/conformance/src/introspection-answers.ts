import type { Fetch } from 'wardline'
import { KID, type Members, signatory, signedJwt } from './signatory.js'

/** An authorization server that knows opaque tokens, and what it says of them. */
export const LOOK_UP_ISSUER = 'https://look-up.example'
export const LOOK_UP_CLIENT = 'orders-service'

const STANDARD = {
  active: true,
  iss: LOOK_UP_ISSUER,
  aud: 'orders-api',
  sub: 'alice',
  client_id: 'shop',
  token_type: 'Bearer',
}
const THUMBPRINT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

const ANSWERS = {
  'opaque-alice': { ...STANDARD, scope: 'orders:read' },
  'opaque-service': { ...STANDARD, sub: undefined, scope: 'orders:read' },
  'opaque-narrow': { ...STANDARD, scope: 'orders:write' },
  'opaque-inactive': { active: false },
  'opaque-active-text': { ...STANDARD, active: 'true' },
  'opaque-other-issuer': { ...STANDARD, iss: 'https://issuer.example' },
  'opaque-other-audience': { ...STANDARD, aud: 'billing-api' },
  'opaque-no-audience': { ...STANDARD, aud: undefined },
  'opaque-expired': { ...STANDARD, exp: 1_000_000_000 },
  'opaque-early': { ...STANDARD, nbf: 9_999_999_999 },
  'opaque-subject-number': { ...STANDARD, sub: 7 },
  'opaque-refresh': { ...STANDARD, token_type: 'refresh_token' },
  'opaque-bound': { ...STANDARD, token_type: 'DPoP', cnf: { jkt: THUMBPRINT } },
  'opaque-bound-to-nothing': { ...STANDARD, cnf: {} },
} as const

const SIGNER = signatory(LOOK_UP_ISSUER, LOOK_UP_CLIENT)
const STRANGER = signatory(LOOK_UP_ISSUER, LOOK_UP_CLIENT)
export const LOOK_UP_KEYS = SIGNER.jwks

/** What of a signed answer is another than it should be, by token. */
const SIGNED_ANSWERS: Readonly<Record<string, SignedAnswer>> = {
  'signed-alice': {},
  'signed-inactive': { claims: { token_introspection: { active: false } } },
  'signed-forged': { key: STRANGER.privateKey },
  'signed-typ': { header: { typ: 'JWT' } },
  'signed-other-issuer': { claims: { iss: 'https://issuer.example' } },
  'signed-other-client': { claims: { aud: 'billing-service' } },
  'signed-old': { claims: { iat: 1_000_000_000 } },
}

interface SignedAnswer {
  readonly header?: Members
  readonly claims?: Members
  readonly key?: typeof SIGNER.privateKey
}

/** RFC 9701 section 5. */
function signedAnswer({ header, claims, key = SIGNER.privateKey }: SignedAnswer): Response {
  const iat = Math.floor(Date.now() / 1000)
  const standard = { iss: LOOK_UP_ISSUER, aud: LOOK_UP_CLIENT, iat, token_introspection: ANSWERS['opaque-alice'] }
  const text = signedJwt({ typ: 'token-introspection+jwt', kid: KID, ...header }, { ...standard, ...claims }, key)
  return new Response(text, { headers: { 'content-type': 'application/token-introspection+jwt' } })
}

/** What callers send for each. */
export const introspectionTokens = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...Object.keys(ANSWERS), ...Object.keys(SIGNED_ANSWERS), 'opaque-outage'].map((name) => [name, sent(name)]),
  )

const sent = (name: string): string => Buffer.from(`a token of the tables: ${name}`).toString('base64url')

const BY_TOKEN: ReadonlyMap<string | null, object> = new Map(
  Object.entries(ANSWERS).map(([name, answer]) => [sent(name), answer]),
)

/** The network of the service. */
export const lookUp: Fetch = async (_url, { body }) => {
  const token = new URLSearchParams(body as string).get('token')
  if (token === sent('opaque-outage')) return new Response(`no database for ${token}`, { status: 500 })
  const signed = Object.entries(SIGNED_ANSWERS).find(([name]) => token === sent(name))
  if (signed !== undefined) return signedAnswer(signed[1])
  return Response.json(BY_TOKEN.get(token) ?? { active: false })
}
