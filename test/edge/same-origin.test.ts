import { describe, expect, test } from 'vitest'
import { ALLOWED, type Decision, type SameOriginOptions, sameOrigin } from '../../src/index.js'
import { contextFor } from '../support/context.js'

const SELF = 'https://shop.example.com'
const PARTNER = 'https://partner.example'
const EVIL = 'https://evil.example'

type Asked = {
  readonly method?: string
  readonly site?: string | readonly string[]
  readonly origin?: string | readonly string[]
}

const ask = ({ method = 'POST', site = [], origin = [] }: Asked, options: Partial<SameOriginOptions> = {}) => {
  const lines = (name: string, values: string | readonly string[]) =>
    [values].flat().map((value) => [name, value] as const)
  const headers = [...lines('sec-fetch-site', site), ...lines('origin', origin), ['host', 'shop.example.com'] as const]
  const guard = sameOrigin({ self: SELF, origins: [PARTNER], ...options })
  return guard.check(contextFor({ method, headers }), {}) as Decision
}

const REFUSED = { allowed: false, kind: 'forbidden', code: 'cross_site_request', event: 'malicious_csrf' }

describe('goes on', () => {
  test.each<[string, Asked, Partial<SameOriginOptions>?]>([
    ...['GET', 'HEAD', 'OPTIONS'].map((method): [string, Asked] => [
      `${method} of anybody`,
      { method, site: 'cross-site', origin: EVIL },
    ]),
    ['a page of its own', { site: 'same-origin', origin: SELF }],
    ['a page of its own that sends no referrer', { site: 'same-origin', origin: 'null' }],
    ['what the user began', { site: 'none' }],
    ['another origin that is named', { site: 'cross-site', origin: PARTNER }],
    ['another origin of the site that is named', { site: 'same-site', origin: PARTNER }],
    [
      'a page of the site, where those may',
      { site: 'same-site', origin: 'https://www.example.com' },
      { allowSameSite: true },
    ],
    ['an old browser on a page of its own', { origin: SELF }],
    ['an old browser on a page that is named', { origin: PARTNER }],
    ['no browser', {}],
    ['one of several names', { origin: EVIL }, { self: [SELF, EVIL] }],
  ])('%s', (_name, asked, options) => expect(ask(asked, options)).toBe(ALLOWED))
})

describe('is refused', () => {
  const refused: [string, Asked, Partial<SameOriginOptions>?][] = [
    ...['POST', 'PUT', 'PATCH', 'DELETE', 'get', 'TRACE', 'QUERY', ''].map((method): [string, Asked] => [
      `${method} of another site`,
      { method, site: 'cross-site', origin: EVIL },
    ]),
    ['another site without an origin', { site: 'cross-site' }],
    ['another site that hides its origin', { site: 'cross-site', origin: 'null' }],
    ['another site in the name of this one', { site: 'cross-site', origin: SELF }],
    ['a page of the site', { site: 'same-site', origin: 'https://www.example.com' }],
    ['a page of the site in the name of this one', { site: 'same-site', origin: SELF }],
    ['another site, where pages of the site may', { site: 'cross-site', origin: EVIL }, { allowSameSite: true }],
    ['two values', { site: ['same-origin', 'cross-site'], origin: SELF }],
    ['the same value twice', { site: ['same-origin', 'same-origin'], origin: SELF }],
    ['two values on one line', { site: 'same-origin, none', origin: SELF }],
    ['a value in capitals', { site: 'Same-Origin', origin: SELF }],
    ['a value of no browser', { site: 'same-planet', origin: PARTNER }],
    ['an empty value', { site: '', origin: SELF }],
    ['an old browser elsewhere', { origin: EVIL }],
    ['an old browser that hides where', { origin: 'null' }],
    ['an old browser on plain HTTP', { origin: 'http://shop.example.com' }],
    ['an old browser on another port', { origin: `${SELF}:8443` }],
    ['an empty origin', { origin: '' }],
    ['two origins', { origin: [SELF, EVIL] }],
    ['its own origin twice', { origin: [SELF, SELF] }],
    ['a host that begins alike', { origin: `${SELF}.evil.example` }],
    ['a page of the site in an old browser', { origin: 'https://www.example.com' }, { allowSameSite: true }],
  ]
  test.each<[string, Asked, Partial<SameOriginOptions>?]>(refused)('%s', (_name, asked, options) =>
    expect(ask(asked, options)).toMatchObject(REFUSED),
  )

  test('whatever Host says', () => {
    const headers = [
      ['origin', EVIL],
      ['host', 'evil.example'],
    ] as const
    expect(sameOrigin({ self: SELF }).check(contextFor({ method: 'POST', headers }), {})).toMatchObject(REFUSED)
  })
})

describe('options', () => {
  test.each<[string, unknown, RegExp]>([
    ['none', undefined, /^sameOrigin\(\): options must be an object/],
    ['a misspelt one', { self: SELF, origin: SELF }, /unknown option origin/],
    ['no self', {}, /^self must be a non-empty string/],
    ['an empty list', { self: [] }, /^self must not be empty/],
    ['a trailing slash', { self: `${SELF}/` }, /^self: write "https:\/\/shop.example.com" for/],
    ['a wildcard', { self: SELF, origins: ['https://*.example.com'] }, /^origins: "https:\/\/\*.example.com" is not/],
    ['null', { self: SELF, origins: 'null' }, /^origins: "null" is not an origin/],
    ['any', { self: SELF, origins: '*' }, /^origins: "\*" is not an origin/],
    ['no origins', { self: SELF, origins: [] }, /^origins must not be empty/],
    ['allowSameSite as text', { self: SELF, allowSameSite: 'no' }, /^allowSameSite must be true or false/],
  ])('%s', (_name, options, message) => {
    expect(() => sameOrigin(options as never)).toThrow(TypeError)
    expect(() => sameOrigin(options as never)).toThrow(message)
  })
})
