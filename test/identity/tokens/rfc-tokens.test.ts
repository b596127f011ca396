import { compactVerify, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { jwt } from '../../../src/index.js'
import { ask, FakeIssuer, signed, testKey } from '../../support/fake-issuer.js'
import {
  RFC_TOKENS,
  RFC7515_ES256_JWK,
  RFC7515_RS256_JWK,
  RFC8037_ED25519_JWK,
  RFC9068_CLAIMS,
  RFC9068_HEADER,
} from '../../vectors/rfc-tokens.js'

const JWKS = [RFC7515_RS256_JWK, RFC7515_ES256_JWK, RFC8037_ED25519_JWK]

test.each(RFC_TOKENS)('$section: $code', async ({ token, code }) => {
  const idp = new FakeIssuer()
  idp.fault = () => Response.json({ issuer: 'https://idp.test', jwks_uri: 'https://idp.test/jwks', keys: JWKS })
  expect(await ask(idp.guard(), token)).toMatchObject({ allowed: false, kind: 'unauthenticated', code })
})

test.each([
  [RFC_TOKENS[1], RFC7515_RS256_JWK, 'RS256'],
  [RFC_TOKENS[2], RFC7515_ES256_JWK, 'ES256'],
  [RFC_TOKENS[4], RFC8037_ED25519_JWK, 'EdDSA'],
])('$section: the signature itself is good', async ({ token }, jwk, alg) => {
  expect((await compactVerify(token, await importJWK(jwk, alg))).protectedHeader).toEqual({ alg })
})

test('RFC 9068 section 3: the access token it prints is the caller it describes', async () => {
  const key = testKey('RS256', { kid: RFC9068_HEADER.kid })
  const { iss: issuer, aud: audience, iat } = RFC9068_CLAIMS
  const fetch = async () => Response.json({ keys: [key.jwk] })
  const guard = jwt({ issuer, audience, jwksUri: 'https://authorization-server.example.com/jwks', fetch })
  const answer = await ask(guard, signed(key, RFC9068_HEADER, RFC9068_CLAIMS), iat * 1000)
  expect(answer).toMatchObject({
    allowed: true,
    facts: { principal: { id: '5ba552d67', issuer, client: 's6BhdRkqt3', tenant: undefined, claims: RFC9068_CLAIMS } },
  })
  expect(answer.allowed && [...answer.facts.principal.scopes]).toEqual(['openid', 'profile', 'reademail'])
})
