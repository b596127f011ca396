import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { all, allow, defineGuard, evaluate, type Guard, type Principal, privateKeyJwt } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { NOW, NOW_MS, signed } from '../../support/fake-issuer.js'
import { CLIENT_ID, FakeServer } from '../../support/fake-server.js'

const server = new FakeServer()
beforeAll(() => server.listen())
afterAll(() => server.close())
afterEach(() => server.reset())

/** When a request arrived whose body took its time. */
const ARRIVED_MS = NOW_MS - 600_000

/** What `guard` makes of a token behind such a body. */
function askLate(guard: Guard<object, { readonly principal: Principal }>) {
  let nowMs = ARRIVED_MS
  const headers = [['authorization', `Bearer ${server.opaque()}`]] as const
  const ctx = Object.defineProperty(contextFor({ headers }), 'nowMs', { get: () => nowMs })
  const body = defineGuard({
    name: 'body',
    check: async () => {
      nowMs = NOW_MS
      return allow()
    },
  })
  return evaluate(all(body, guard), ctx, {})
}

test('an assertion is dated when it is signed, not when the request arrived', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const clientAuth = privateKeyJwt({ clientId: CLIENT_ID, key: privateKey, algorithm: 'ES256' })
  await askLate(server.guard({ clientAuth }))
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
  expect(await askLate(server.guard({ signedAnswers: true }))).toMatchObject(expected)
})
