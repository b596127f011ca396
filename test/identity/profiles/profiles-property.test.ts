import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auth0, cognito, entra, jwt, jwtSvid, keycloak, type TokenProfile } from '../../../src/index.js'
import { AUDIENCE, ask, testKey } from '../../support/fake-issuer.js'
import { party } from '../../support/party.js'

const PROFILES: readonly (readonly [name: string, profile: TokenProfile])[] = [
  ['keycloak', keycloak({ client: 'orders-api' })],
  ['entra', entra()],
  ['auth0', auth0({ namespace: 'https://example.com/' })],
  ['cognito', cognito()],
  ['jwtSvid', jwtSvid({ trustDomain: 'example.org' })],
]

const CLAIMS = [
  ...['iss', 'sub', 'aud', 'azp', 'appid', 'client_id', 'clientId', 'typ', 'token_use', 'ver', 'tid', 'oid', 'idtyp'],
  ...['scp', 'scope', 'roles', 'permissions', 'realm_access', 'resource_access', 'cognito:groups', 'org_id', 'cnf'],
  ...['act', 'acr', 'amr', 'auth_time', 'preferred_username', 'nonce', 'events', 'jti', 'iat', 'nbf', '__proto__'],
]

/** Values that mean something somewhere, and any other. */
const value = fc.oneof(
  fc.constantFrom('Bearer', 'DPoP', 'access', '1.0', '2.0', 'app', 'shop', 'alice', AUDIENCE, 'spiffe://example.org/a'),
  fc.jsonValue({ maxDepth: 3 }),
)
const claims = fc.uniqueArray(fc.tuple(fc.constantFrom(...CLAIMS), value), {
  selector: ([name]) => name,
  maxLength: 12,
})

describe.each(PROFILES)('%s, on claims of any kind', (_name, profile) => {
  const key = testKey('ES256', { use: profile.keyUse ?? 'sig' })
  const own = party('https://idp.test', key)
  const guard = jwt(own.options({ profile }))
  const header = { typ: profile.typ?.includes('JWT') ? 'JWT' : undefined }

  test('answers with a principal or a refusal, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(claims, async (given) => {
        const answer = await ask(guard, own.token(Object.fromEntries(given), header))
        if (!answer.allowed) {
          expect(answer.kind).toBe('unauthenticated')
          return
        }
        const { id, issuer, client, kind, scopes, roles, tenant } = answer.facts.principal
        const texts = [id, issuer, client ?? 'none', tenant ?? 'none', ...scopes, ...roles]
        expect(texts.every((text) => typeof text === 'string' && text !== '')).toBe(true)
        expect(['user', 'service']).toContain(kind)
        expect(issuer).toBe(own.issuer)
      }),
      { numRuns: 400 },
    )
  })
})
