import type { Fetch } from 'wardline'

/** An authorization server that knows opaque tokens, and what it says of them. */
export const LOOK_UP_ISSUER = 'https://look-up.example'

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

/** What callers send for each. */
export const introspectionTokens = (): Readonly<Record<string, string>> =>
  Object.fromEntries([...Object.keys(ANSWERS), 'opaque-outage'].map((name) => [name, sent(name)]))

const sent = (name: string): string => Buffer.from(`a token of the tables: ${name}`).toString('base64url')

const BY_TOKEN: ReadonlyMap<string | null, object> = new Map(
  Object.entries(ANSWERS).map(([name, answer]) => [sent(name), answer]),
)

/** The network of the service. */
export const lookUp: Fetch = async (_url, { body }) => {
  const token = new URLSearchParams(body as string).get('token')
  if (token === sent('opaque-outage')) return new Response(`no database for ${token}`, { status: 500 })
  return Response.json(BY_TOKEN.get(token) ?? { active: false })
}
