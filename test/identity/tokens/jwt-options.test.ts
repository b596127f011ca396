import { expect, test } from 'vitest'
import { type JwtOptions, jwt } from '../../../src/index.js'

const issuer = 'https://idp.test'
const audience = 'orders-api'
const typeError = (message: RegExp) =>
  expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) })

test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /^jwt\(\): options must be an object, got undefined$/],
  ['null', null, /^jwt\(\): options must be an object, got null$/],
  ['an array', [], /^jwt\(\): options must be an object, got an array$/],
  ['a string', issuer, /^jwt\(\): options must be an object, got "https:\/\/idp.test"$/],
  ['an unknown option', { issuer, audience, audiance: 'x' }, /^jwt\(\): unknown option audiance; known are issuer, /],
  ['a secret', { issuer, audience, secret: 'x' }, /unknown option secret/],
  [
    'no issuer',
    { audience },
    /^issuer must be an https URL \(http on loopback only\) without query or fragment, got undefined$/,
  ],
])('%s', (_name, options, message) => expect(() => jwt(options as never)).toThrow(typeError(message)))

test.each<[keyof JwtOptions, unknown]>([
  ['issuer', 'http://idp.test'],
  ['issuer', 'http://127.0.0.1.evil.example'],
  ['issuer', 'http://localhost.evil.example'],
  ['issuer', 'http://192.168.0.1'],
  ['issuer', 'https://idp.test?tenant=1'],
  ['issuer', 'https://idp.test?'],
  ['issuer', 'https://idp.test#'],
  ['issuer', 'https://user:secret@idp.test'],
  ['issuer', 'ftp://idp.test'],
  ['issuer', 'idp.test'],
  ['issuer', '//idp.test'],
  ['issuer', ''],
  ['issuer', null],
  ['issuer', 1],
  ['issuer', [issuer]],
  ['issuer', /idp/],
  ['issuer', new URL(issuer)],
  ['jwksUri', 'http://idp.test/jwks'],
  ['jwksUri', '/jwks'],
  ['jwksUri', 'file:///etc/keys.json'],
  ['jwksUri', 'https://user@idp.test/jwks'],
  ['jwksUri', null],
  ['audience', undefined],
  ['audience', null],
  ['audience', ''],
  ['audience', []],
  ['audience', ['orders-api', '']],
  ['audience', [undefined]],
  ['audience', 1],
  ['audience', /orders/],
  ['algorithms', []],
  ['algorithms', ''],
  ['algorithms', ['HS256']],
  ['algorithms', ['RS256', 'HS256']],
  ['algorithms', ['none']],
  ['algorithms', ['rs256']],
  ['algorithms', ['RSA-OAEP']],
  ['algorithms', ['__proto__']],
  ['algorithms', ['toString']],
  ['algorithms', [1]],
  ['realm', ''],
  ['realm', 'a\r\nset-cookie: x'],
  ['realm', 'caf\xe9'],
  ['realm', 'x'.repeat(201)],
  ['realm', 1],
  ['fetch', 'fetch'],
  ['fetch', {}],
])('%s %j', (name, value) => {
  expect(() => jwt({ issuer, audience, [name]: value } as never)).toThrow(typeError(new RegExp(`^${name}\\b`)))
})

test.each<[keyof JwtOptions, number, number]>([
  ['clockToleranceSeconds', 0, 300],
  ['maxTokenLength', 256, 65_536],
  ['cachedTokens', 0, 1_000_000],
  ['refreshMs', 1_000, 86_400_000],
  ['maxStaleMs', 1_000, 604_800_000],
  ['cooldownMs', 1_000, 86_400_000],
])('%s is an integer from %i to %i', (name, min, max) => {
  for (const value of [min, max]) expect(jwt({ issuer, audience, [name]: value }).name).toBe('jwt')
  for (const value of [min - 1, max + 1, min + 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, String(min), [min]]) {
    expect(() => jwt({ issuer, audience, [name]: value } as never)).toThrow(
      typeError(new RegExp(`^${name} must be an integer from ${min} to ${max}, got `)),
    )
  }
})

test.each([
  ['https://idp.test'],
  ['https://idp.test/'],
  ['https://idp.test:8443/realms/shop'],
  ['http://localhost:8080'],
  ['http://127.0.0.1:8080'],
  ['http://127.8.9.10'],
  ['http://[::1]:8080'],
])('issuer %s is fine', (value) =>
  expect(jwt({ issuer: value, audience }).about?.requires).toMatchObject({ issuer: value }),
)

test('a realm that is not ASCII may not come from the audience either; a realm of its own helps', () => {
  expect(() => jwt({ issuer, audience: 'bestell\xfcng' })).toThrow(typeError(/^realm must be /))
  expect(jwt({ issuer, audience: 'bestell\xfcng', realm: 'orders' }).name).toBe('jwt')
})
