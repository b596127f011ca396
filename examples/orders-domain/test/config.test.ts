import { describe, expect, test } from 'vitest'
import { ordersConfig } from '../src/config.js'
import { Orders } from '../src/orders.js'
import { ordersPolicies, ordersSettings } from '../src/policies.js'

const ISSUER = 'https://idp.test'

describe('what is not set', () => {
  test.each([
    ['HOST', 'host', '127.0.0.1'],
    ['PORT', 'port', 8080],
    ['AUDIENCE', 'audience', 'orders-api'],
    ['JWKS_URI', 'jwksUri', undefined],
    ['AUDIT_LOG', 'auditLog', undefined],
    ['TRUST_PROXY', 'trustedProxies', undefined],
  ] as const)('%s, or is empty or blank', (variable, setting, value) => {
    for (const env of [{ ISSUER }, { ISSUER, [variable]: '' }, { ISSUER, [variable]: '  ' }]) {
      expect(ordersConfig(env)[setting]).toBe(value)
    }
  })
})

describe('what is set', () => {
  test.each([
    [{ PORT: '0' }, { port: 0 }],
    [{ PORT: '65535' }, { port: 65_535 }],
    [{ TRUST_PROXY: '10.0.0.0/8' }, { trustedProxies: ['10.0.0.0/8'] }],
    [{ TRUST_PROXY: ' 10.0.0.0/8 ,fd00::/8, ' }, { trustedProxies: ['10.0.0.0/8', 'fd00::/8'] }],
    [
      { HOST: '::1', AUDIENCE: 'a', AUDIT_LOG: '/x' },
      { host: '::1', audience: 'a', auditLog: '/x' },
    ],
  ])('%j', (env, expected) => expect(ordersConfig({ ISSUER, ...env })).toMatchObject(expected))
})

describe('what the service cannot work with', () => {
  test.each<[env: Readonly<Record<string, string>>, message: RegExp]>([
    [{ ISSUER: '' }, /^ISSUER is not set/],
    [{ ISSUER: 'idp.test' }, /^issuer must be an https URL.*"idp\.test"$/],
    [{ ISSUER: 'http://idp.test' }, /^issuer must be an https URL/],
    [{ ISSUER: 'https://idp.test?a=b' }, /^issuer must be an https URL/],
    [{ ISSUER: 'https://user:pass@idp.test' }, /^issuer must be an https URL/],
    [{ JWKS_URI: 'http://idp.test/jwks' }, /^jwksUri must be an https URL/],
    [{ JWKS_URI: 'jwks.json' }, /^jwksUri must be an https URL/],
    [{ PORT: '65536' }, /^PORT must be a port number, got "65536"$/],
    [{ PORT: '-1' }, /^PORT must be a port number, got "-1"$/],
    [{ PORT: '0x50' }, /^PORT must be a port number/],
    [{ PORT: '80.5' }, /^PORT must be a port number/],
    [{ PORT: '1e3' }, /^PORT must be a port number/],
    [{ TRUST_PROXY: 'true' }, /^trustedProxies .*"true"$/],
    [{ TRUST_PROXY: '1' }, /^trustedProxies .*"1"$/],
    [{ TRUST_PROXY: '10.0.0.0/8,x' }, /^trustedProxies .*"x"$/],
    [{ TRUST_PROXY: '10.0.0.0/33' }, /^trustedProxies: prefix out of range in "10\.0\.0\.0\/33"$/],
    [{ TRUST_PROXY: '0.0.0.0/0' }, /covers every address$/],
    [{ TRUST_PROXY: '::/0' }, /covers every address$/],
    [{ AUDIT_LOG: '/' }, /^EISDIR/],
    [{ AUDIT_LOG: '/nowhere/audit.jsonl' }, /^ENOENT/],
    [{ REDIS_URL: '127.0.0.1:6379' }, /^REDIS_URL must be a redis:\/\/ or rediss:\/\/ URL/],
    [{ REDIS_URL: 'http://127.0.0.1' }, /^REDIS_URL must be/],
    [{ REDIS_URL: 'redis://' }, /^REDIS_URL must be/],
    [{ REDIS_URL: 'redis://127.0.0.1,' }, /^REDIS_URL must be/],
    [{ REDIS_URL: 'redis://:50%@127.0.0.1' }, /^REDIS_URL: a percent sign of a user or password is written %25$/],
    [{ REDIS_URL: 'redis://127.0.0.1/one' }, /^REDIS_URL may name a database by its number/],
    [{ REDIS_URL: 'redis://127.0.0.1/0?family=6' }, /^REDIS_URL may name a database/],
    [{ REDIS_URL: 'redis://127.0.0.1/1,redis://127.0.0.2/1' }, /^REDIS_URL names several nodes/],
  ])('%j', (env, message) => {
    const start = () => {
      const config = ordersConfig({ ISSUER, ...env })
      ordersPolicies(config, new Orders(), ordersSettings(config))
    }
    expect(start).toThrow(message)
  })
})
