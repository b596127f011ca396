import { createTestCa } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import {
  apiKey,
  certificateSource,
  issueApiKey,
  memoryReplayStore,
  mtls,
  type RequestContext,
} from '../../src/index.js'
import { contextFor, type TestRequest } from '../support/context.js'
import { DpopClient, requestOf } from '../support/dpop-client.js'
import { FakeIssuer, NOW, NOW_MS } from '../support/fake-issuer.js'
import { decideNow } from '../support/guards.js'
import { fieldLines } from '../vectors/mtls.js'

/** As a guard of the application may hand it on that copies a context: what is no member of its own is gone. */
const withoutTime = (request: TestRequest): RequestContext => ({ ...contextFor(request), nowMs: undefined as never })

describe('without a time, nothing is in time', async () => {
  const idp = new FakeIssuer()
  const keys = { jwks: { keys: idp.keys.map(({ jwk }) => jwk) }, jwksUri: undefined, fetch: undefined }
  const tokens = idp.guard(keys)
  test.each([
    ['expires', { exp: NOW + 300, iat: undefined, nbf: undefined }],
    ['has expired', { exp: NOW - 3_600 }],
    ['is not valid yet', { exp: NOW + 7_200, nbf: NOW + 3_600 }],
  ])('a token that %s', async (_when, claims) => {
    const headers = [['authorization', `Bearer ${idp.token(claims)}`]] as const
    expect(await tokens.check(withoutTime({ headers }), {})).toMatchObject({ allowed: false, kind: 'unauthenticated' })
  })

  test('a token that is remembered', async () => {
    const headers = [['authorization', `Bearer ${idp.token()}`]] as const
    expect(await tokens.check(contextFor({ headers, nowMs: NOW_MS }), {})).toMatchObject({ allowed: true })
    expect(await tokens.check(withoutTime({ headers }), {})).toMatchObject({ allowed: false })
  })

  test('an API key', () => {
    const { key, record } = issueApiKey({ client: 'billing', scopes: [], expiresInSeconds: 60, nowMs: NOW_MS })
    const guard = apiKey({ lookup: () => record, realm: 'reports' })
    const headers = [['x-api-key', key]] as const
    expect(decideNow(guard, contextFor({ headers, nowMs: NOW_MS }))).toMatchObject({ allowed: true })
    expect(decideNow(guard, withoutTime({ headers }))).toMatchObject({ code: 'key_expired' })
  })

  test('a certificate, and the authorities above it', async () => {
    const ca = await createTestCa()
    const headers = fieldLines('client-cert', await ca.issue({}))
    const source = certificateSource({ header: 'client-cert', trustedProxies: ['10.0.0.1'], ca: ca.certPem })
    const guard = mtls({ source, allow: 'any-verified' })
    const request = { client: '10.0.0.1', headers }
    expect(decideNow(guard, contextFor({ ...request, nowMs: Date.now() }))).toMatchObject({ allowed: true })
    expect(decideNow(guard, withoutTime(request))).toMatchObject({ allowed: false, kind: 'unauthenticated' })
  })

  test('a proof', () => {
    const client = new DpopClient()
    const token = client.token()
    const ctx = requestOf(token, [client.proof(token)])
    expect(decideNow(client.guard(), ctx)).toMatchObject({ allowed: true })
    expect(decideNow(client.guard(), { ...ctx, nowMs: undefined as never })).toMatchObject({ allowed: false })
  })

  test('what was used stays used', () => {
    const store = memoryReplayStore()
    expect(store.claim('a', NOW_MS + 60_000, NOW_MS)).toBe('fresh')
    expect(() => store.claim('b', NOW_MS + 60_000, Number.NaN)).toThrow('nowMs must be finite, got NaN')
    expect(store.claim('a', NOW_MS + 60_000, NOW_MS)).toBe('used')
  })
})
