import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { privateKeyJwt } from '../../../src/index.js'
import { ask, NOW, NOW_MS, signed } from '../../support/fake-issuer.js'
import { CLIENT_ID, FakeServer } from '../../support/fake-server.js'

const server = new FakeServer()
beforeAll(() => server.listen())
afterAll(() => server.close())
beforeEach(() => void vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  server.reset()
})

/** When a request arrived whose body took its time. */
const ARRIVED_MS = NOW_MS - 600_000

test('an assertion is dated when it is signed, not when the request arrived', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const clientAuth = privateKeyJwt({ clientId: CLIENT_ID, key: privateKey, algorithm: 'ES256' })
  await ask(server.guard({ clientAuth }), server.opaque(), ARRIVED_MS)
  const assertion = server.asked[0]!.form.client_assertion!
  const { payload } = await jwtVerify(assertion, publicKey, { currentDate: new Date(NOW_MS) })
  expect(payload).toMatchObject({ iat: NOW, exp: NOW + 60 })
})

test.each([
  ['now', NOW, { allowed: true }],
  ['when the request arrived', ARRIVED_MS / 1000, { code: 'introspection_unavailable' }],
])('an answer that is signed %s', async (_name, iat, expected) => {
  const { alg, kid } = server.key.jwk
  const answer = server.answer({ iat: undefined })
  const claims = { iss: server.issuer, aud: CLIENT_ID, iat, token_introspection: answer }
  const text = signed(server.key, { alg, kid, typ: 'token-introspection+jwt' }, claims)
  server.fault = (response) =>
    response.writeHead(200, { 'content-type': 'application/token-introspection+jwt' }).end(text)
  expect(await ask(server.guard({ signedAnswers: true }), server.opaque(), ARRIVED_MS)).toMatchObject(expected)
})
