import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  clientSecretBasic,
  describe as describeGuard,
  introspect,
  introspection,
  jwt,
  tlsClientAuth,
} from '../../../src/index.js'

const clientAuth = clientSecretBasic({ clientId: 'service', clientSecret: 'secret' })
const tls = tlsClientAuth({ clientId: 'service', cert: 'CERT', key: 'KEY' })
const issuer = { issuer: 'https://idp.test', audience: 'orders-api' }

describe('introspection()', () => {
  test.each<[string, object | string, RegExp]>([
    ['no object', 'x', /^introspection\(\): options must be an object, got "x"/],
    ['a misspelt option', { clientAuth, cacheSecond: 1 }, /unknown option cacheSecond/],
    ['no clientAuth', {}, /^clientAuth must be what clientSecretBasic\(\).* got undefined/],
    ['clientAuth as text', { clientAuth: 'secret' }, /^clientAuth must be what/],
    ['endpoint in the clear', { clientAuth, endpoint: 'http://idp.test/i' }, /^endpoint must be an https URL/],
    ['endpoint with a password', { clientAuth, endpoint: 'https://a:b@idp.test/i' }, /^endpoint must be an https URL/],
    ['endpoint without TLS for a certificate', { clientAuth: tls, endpoint: 'http://127.0.0.1/i' }, /tls_client_auth/],
    ['of', { clientAuth, of: 'jwt' }, /^of must be one of opaque, all, got "jwt"/],
    ['cacheSeconds', { clientAuth, cacheSeconds: 61 }, /^cacheSeconds must be an integer from 0 to 60, got 61/],
    ['cacheSeconds as text', { clientAuth, cacheSeconds: '1' }, /^cacheSeconds/],
    ['negativeCacheSeconds', { clientAuth, negativeCacheSeconds: -1 }, /^negativeCacheSeconds .* 0 to 60, got -1/],
    ['maxCached', { clientAuth, maxCached: 0 }, /^maxCached must be an integer from 1 to 1000000, got 0/],
    ['maxInFlight', { clientAuth, maxInFlight: 0 }, /^maxInFlight must be an integer from 1 to 10000, got 0/],
    ['timeoutMs', { clientAuth, timeoutMs: 99 }, /^timeoutMs must be an integer from 100 to 30000, got 99/],
    ['signedAnswers', { clientAuth, signedAnswers: 'yes' }, /^signedAnswers must be true or false, got "yes"/],
    ['audienceOptional', { clientAuth, audienceOptional: 1 }, /^audienceOptional must be true or false, got 1/],
    ['onUnavailable', { clientAuth, onUnavailable: 'allow' }, /^onUnavailable must be deny or .*, got "allow"/],
    ['onUnavailable null', { clientAuth, onUnavailable: null }, /^onUnavailable/],
    ['staleSeconds', { clientAuth, onUnavailable: { staleSeconds: 3601 } }, /staleSeconds .* 1 to 3600, got 3601/],
    ['no staleSeconds', { clientAuth, onUnavailable: {} }, /^onUnavailable.staleSeconds must be an integer/],
  ])('%s: TypeError', (_name, options, message) => {
    const make = () => introspection(options as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  test('a trust domain has no discovery', () => {
    const domain = { issuer: 'spiffe://example.org', audience: 'a', jwksUri: 'https://example.org/keys' }
    const make = () => jwt({ ...domain, introspection: introspection({ clientAuth }) })
    expect(make).toThrow(/give endpoint/)
  })
})

describe('introspect()', () => {
  test.each<[string, object, RegExp]>([
    ['a misspelt option', { cachedToken: 1 }, /^introspect\(\): unknown option cachedToken/],
    ['of: it is all', { of: 'opaque' }, /unknown option of/],
    ['cachedTokens: answers are remembered instead', { cachedTokens: 1 }, /unknown option cachedTokens/],
    ['typ: nothing is verified here', { typ: ['JWT'] }, /unknown option typ/],
    ['audience', { audience: [] }, /^audience must not be empty/],
    ['realm', { realm: 'a\n' }, /^realm must be/],
    ['maxTokenLength', { maxTokenLength: 1 }, /^maxTokenLength/],
    ['proofs', { proofs: [{}] }, /^proofs must hold/],
    ['revocation', { revocation: {} }, /^revocation.isRevoked must be a function/],
    ['cacheSeconds', { cacheSeconds: 61 }, /^cacheSeconds/],
  ])('%s: TypeError', (_name, options, message) => {
    const make = () => introspect({ ...issuer, clientAuth, ...options } as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  test('as data', () => {
    const guard = introspect({ ...issuer, clientAuth })
    const requires = { issuer: 'https://idp.test', audience: ['orders-api'] }
    expect(describeGuard(guard)).toEqual({ name: 'introspect', room: 'identity', requires })
    expect(Object.isFrozen(guard)).toBe(true)
    expect(inspect(guard, { depth: 9, showHidden: true })).not.toContain('secret')
  })
})
