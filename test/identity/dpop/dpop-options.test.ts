import { describe, expect, test } from 'vitest'
import { dpop } from '../../../src/index.js'
import { askFor, DpopClient, ORIGIN, requestOf } from '../../support/dpop-client.js'

const client = new DpopClient()

describe('options', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no origin', { origin: undefined }, /^origin must be an https origin.*undefined/],
    ['an empty list', { origin: [] }, /^origin must be 1 to 100/],
    ['http elsewhere', { origin: 'http://api.example.com' }, /^origin must/],
    ['a query', { origin: `${ORIGIN}?a` }, /^origin must/],
    ['a fragment', { origin: `${ORIGIN}#a` }, /^origin must/],
    ['userinfo', { origin: 'https://a@b.example' }, /^origin must/],
    ['a number for an address', { origin: 'http://0x7f.1' }, /^origin must/],
    ['a backslash', { origin: 'https://api.example.com\\a' }, /^origin must/],
    ['an HMAC', { algorithms: ['HS256'] }, /^algorithms must be one of/],
    ['no algorithm', { algorithms: [] }, /^algorithms must not be empty/],
    ['an age of 0', { maxAgeSeconds: 0 }, /^maxAgeSeconds must be an integer from 1 to 600/],
    ['a tolerance below 0', { clockToleranceSeconds: -1 }, /^clockToleranceSeconds must/],
    ['required by text', { required: 'yes' }, /^required must/],
    ['a nonce by text', { nonce: 'yes' }, /^nonce must/],
    ['a nonce of null', { nonce: null }, /^nonce: options must be an object, got null/],
    ['a nonce for ever', { nonce: { lifetimeSeconds: 3601 } }, /^nonce.lifetimeSeconds must/],
    ['a short secret', { nonce: { secret: 'x'.repeat(31) } }, /^nonce.secret must be at least 32 bytes, got 31/],
    ['a secret of another kind', { nonce: { secret: 1 } }, /^nonce.secret must be text or bytes/],
    ['a store without claim', { replay: {} }, /^replay.claim must/],
    ['a misspelt one', { maxAge: 1 }, /unknown option maxAge/],
  ])('%s', (_name, options, message) => {
    const make = () => dpop({ origin: ORIGIN, ...options } as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  test('what it says of itself', () => {
    expect(dpop({ origin: ORIGIN, algorithms: ['RS256', 'ES256', 'EdDSA'] })).toMatchObject({
      proof: 'dpop',
      confirms: 'jkt',
      scheme: 'DPoP',
      challenge: { algs: 'RS256 ES256 EdDSA' },
      required: false,
    })
    expect(Object.isFrozen(dpop({ origin: ORIGIN }))).toBe(true)
  })

  test.each([
    ['a prefix that a proxy strips', `${ORIGIN}/v1`, `${ORIGIN}/v1/me`, true],
    ['without the prefix', `${ORIGIN}/v1`, `${ORIGIN}/me`, false],
    ['a slash at the end', `${ORIGIN}/`, `${ORIGIN}/me`, true],
    ['one of several', ['https://b.example', ORIGIN], 'https://b.example/me', true],
    ['none of several', ['https://b.example', ORIGIN], 'https://c.example/me', false],
    ['loopback', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080/me', true],
    ['IPv6 loopback', 'http://[::1]:8080', 'http://[::1]:8080/me', true],
  ])('%s', (_name, origin, htu, allowed) => {
    const token = client.token()
    const ctx = requestOf(token, [client.proof(token, { htu })])
    expect(askFor(client.guard({ origin }), ctx)).toMatchObject({ allowed })
  })
})
