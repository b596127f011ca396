import type { Idp } from '@wardline/test-kit'
import type { Tokens } from './tokens.js'

type Claims = Readonly<Record<string, unknown>>

/** Access tokens of sessions, and logout tokens that end them: each row has its own, since the service remembers. */
export async function sessionTokens(idp: Idp): Promise<Tokens> {
  const now = Math.floor(Date.now() / 1000)
  const access: Readonly<Record<string, Claims>> = {
    'session-one': { sub: 'carol', sid: 'session-one', scope: 'orders:read' },
    'session-two': { sub: 'carol', sid: 'session-two' },
    'session-none': { sub: 'carol' },
    'kiosk-one': { sub: 'frank', client_id: 'kiosk', jti: 'jti-of-frank' },
    'kiosk-two': { sub: 'frank', client_id: 'kiosk' },
    'kiosk-till': { sub: 'frank', client_id: 'till', jti: 'jti-of-frank-2' },
    'session-dave': { sub: 'dave', sid: 'session-dave' },
  }
  const logout: Readonly<Record<string, readonly [claims: Claims, header?: Claims]>> = {
    'logout-session': [{ sub: 'erin', sid: 'session-erin' }],
    'logout-sid-only': [{ sid: 'session-erin-2' }],
    'logout-subject': [{ sub: 'erin' }],
    'logout-untyped': [{ sub: 'erin' }, { typ: undefined }],
    'logout-charset': [{ sub: 'erin' }],
    'logout-one': [{ sub: 'carol', sid: 'session-one' }],
    'logout-carol': [{ sub: 'carol' }],
    'logout-expired': [{ sub: 'erin', exp: now - 60 }],
    'logout-old': [{ sub: 'erin', iat: now - 3600 }],
    'logout-other-audience': [{ sub: 'erin', aud: 'billing-api' }],
    'logout-other-issuer': [{ sub: 'erin', iss: 'https://issuer.example' }],
    'logout-nonce': [{ sub: 'erin', nonce: 'n' }],
    'logout-no-event': [{ sub: 'erin', events: {} }],
    'logout-no-jti': [{ sub: 'erin', jti: undefined }],
    'logout-nobody': [{}],
    'logout-typed-access': [{ sub: 'erin' }, { typ: 'at+jwt' }],
    'logout-jku': [{ sub: 'erin' }, { jku: 'https://evil.example/jwks' }],
    'logout-no-key': [{ sub: 'erin' }, { kid: 'nobody' }],
    'logout-anything': [{ sub: 'erin' }],
  }
  const signed = [
    ...Object.entries(access).map(([name, claims]) => [name, idp.sign(claims)] as const),
    ...Object.entries(logout).map(([name, [claims, header]]) => [name, idp.logoutToken(claims, header)] as const),
  ]
  return Object.fromEntries(await Promise.all(signed.map(async ([name, token]) => [name, await token] as const)))
}
