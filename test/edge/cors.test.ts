import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ALLOWED, type CorsOptions, cors, type Decision, type Denial } from '../../src/index.js'
import { contextFor } from '../support/context.js'

const APP = 'https://app.example.com'
const SELF = 'https://api.example.com'
const EVIL = 'https://evil.example'
const VARY = ['vary', 'Origin']
const PREFLIGHT_VARY = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers']

type Fields = readonly (readonly [string, string])[]

const OPTIONS: CorsOptions = {
  origins: [APP, 'http://localhost:5173'],
  self: SELF,
  methods: ['GET', 'PATCH'],
  headers: ['Content-Type', 'authorization'],
  exposedHeaders: ['RateLimit'],
  credentials: true,
  maxAgeSeconds: 60,
}

const ask = (method: string, headers: Fields, options: CorsOptions = OPTIONS) =>
  cors(options).check(contextFor({ method, headers }), {}) as Decision

const preflight = (origin: string, method: string, fields?: string, options = OPTIONS) =>
  ask(
    'OPTIONS',
    [
      ['origin', origin],
      ['access-control-request-method', method],
      ...(fields === undefined ? [] : [['access-control-request-headers', fields] as const]),
    ],
    options,
  )

const untouched = { ...ALLOWED, headers: [VARY] }
const refusal = (code: string, vary = VARY) => ({ allowed: false, kind: 'forbidden', code, headers: [vary] })
const readable = (origin: string) => [
  VARY,
  ['access-control-allow-origin', origin],
  ['access-control-allow-credentials', 'true'],
  ['access-control-expose-headers', 'ratelimit'],
]

describe('a preflight', () => {
  const answered = {
    allowed: true,
    facts: {},
    headers: [
      PREFLIGHT_VARY,
      ['access-control-allow-origin', APP],
      ['access-control-allow-credentials', 'true'],
      ['access-control-allow-methods', 'GET, HEAD, PATCH'],
      ['access-control-allow-headers', 'content-type, authorization'],
      ['access-control-max-age', '60'],
    ],
    reply: { status: 204, headers: [], body: '' },
  }

  test.each([
    ['without fields', 'PATCH', undefined],
    ['of HEAD, which comes with GET', 'HEAD', undefined],
    ['with a field', 'GET', 'authorization'],
    ['with all fields', 'PATCH', 'authorization,content-type'],
    ['with fields that a proxy set apart', 'PATCH', ' Authorization ,, Content-Type'],
    ['with an empty list', 'GET', ''],
  ])('%s is answered with 204 and what is allowed', (_name, method, fields) => {
    expect(preflight(APP, method, fields)).toEqual(answered)
  })

  test.each([
    ['another origin', EVIL, 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['an origin of another scheme', 'http://app.example.com', 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['an origin of another port', `${APP}:8443`, 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['a host that ends alike', 'https://evilapp.example.com', 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['a host that begins alike', `${APP}.evil.example`, 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['null', 'null', 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['an empty origin', '', 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['the service itself, which sends none', SELF, 'GET', undefined, 'origin_refused', 'malicious_cors'],
    ['another method', APP, 'DELETE', undefined, 'cors_method_refused', undefined],
    ['a method in small letters', APP, 'patch', undefined, 'cors_method_refused', undefined],
    ['a method of no letters', APP, '', undefined, 'cors_method_refused', undefined],
    ['another field', APP, 'GET', 'x-admin', 'cors_header_refused', undefined],
    ['another field among allowed ones', APP, 'GET', 'authorization,x-admin', 'cors_header_refused', undefined],
    ['any field', APP, 'GET', '*', 'cors_header_refused', undefined],
  ])('of %s is refused', (_name, origin, method, fields, code, event) => {
    const decision = preflight(origin, method, fields)
    expect(decision).toMatchObject(refusal(code, PREFLIGHT_VARY))
    expect((decision as Denial).event).toBe(event)
  })

  test('with several origins, methods or lists of fields is held against all of them', () => {
    const fields = (name: string, ...values: readonly string[]) => values.map((value) => [name, value] as const)
    const [origin, method] = [fields('origin', APP), fields('access-control-request-method', 'GET')]
    expect(ask('OPTIONS', [...origin, ...origin, ...method])).toMatchObject({ code: 'origin_refused' })
    expect(ask('OPTIONS', [...origin, ...method, ...method])).toMatchObject({ code: 'cors_method_refused' })
    const lists = fields('access-control-request-headers', 'authorization', 'x-admin')
    expect(ask('OPTIONS', [...origin, ...method, ...lists])).toMatchObject({ code: 'cors_header_refused' })
  })

  test.each<[string, string, Fields]>([
    ['OPTIONS without a method asked for', 'OPTIONS', [['origin', APP]]],
    [
      'another method that asks like one',
      'GET',
      [
        ['origin', APP],
        ['access-control-request-method', 'PATCH'],
      ],
    ],
  ])('%s is none', (_name, method, headers) => {
    expect(ask(method, headers)).toEqual({ ...ALLOWED, headers: readable(APP) })
  })

  test('OPTIONS without an origin is none', () => {
    expect(ask('OPTIONS', [['access-control-request-method', 'GET']])).toEqual(untouched)
  })

  test('of a private network gets no leave for that', () => {
    const asking: Fields = [
      ['origin', APP],
      ['access-control-request-method', 'GET'],
      ['access-control-request-private-network', 'true'],
    ]
    expect(JSON.stringify(ask('OPTIONS', asking))).not.toContain('private-network')
  })

  test('by default: three methods, no fields, no credentials, ten minutes', () => {
    expect(preflight(APP, 'POST', undefined, { origins: APP })).toMatchObject({
      headers: [
        PREFLIGHT_VARY,
        ['access-control-allow-origin', APP],
        ['access-control-allow-methods', 'GET, HEAD, POST'],
        ['access-control-max-age', '600'],
      ],
    })
    expect(preflight(APP, 'GET', 'content-type', { origins: APP })).toMatchObject({ code: 'cors_header_refused' })
    expect(preflight(APP, 'PUT', undefined, { origins: APP })).toMatchObject({ code: 'cors_method_refused' })
  })
})

describe('another request', () => {
  test.each<[string, string, Fields]>([
    ['without an origin', 'POST', []],
    ['of the service itself', 'POST', [['origin', SELF]]],
    [
      'of its own page, by the word of the browser',
      'DELETE',
      [
        ['origin', 'null'],
        ['sec-fetch-site', 'same-origin'],
      ],
    ],
  ])('%s goes on', (_name, method, headers) => expect(ask(method, headers)).toEqual(untouched))

  test.each([
    ['GET', APP],
    ['HEAD', APP],
    ['PATCH', 'http://localhost:5173'],
    ['OPTIONS', APP],
  ])('%s of %s may be read', (method, origin) => {
    expect(ask(method, [['origin', origin]])).toEqual({ ...ALLOWED, headers: readable(origin) })
  })

  test('of an allowed origin by another method is refused, and the page may read why', () => {
    const decision = ask('POST', [['origin', APP]])
    expect(decision).toMatchObject({ ...refusal('cors_method_refused'), headers: readable(APP) })
  })

  const refused: readonly (readonly [string, Fields])[] = [
    ['another origin', [['origin', EVIL]]],
    ['null', [['origin', 'null']]],
    ['an origin in capitals', [['origin', APP.toUpperCase()]]],
    ['an origin with a slash', [['origin', `${APP}/`]]],
    [
      'two origins',
      [
        ['origin', APP],
        ['origin', EVIL],
      ],
    ],
    [
      'the same origin twice',
      [
        ['origin', APP],
        ['origin', APP],
      ],
    ],
    [
      'the Host of the service',
      [
        ['origin', EVIL],
        ['host', 'evil.example'],
      ],
    ],
    [
      'same-site',
      [
        ['origin', EVIL],
        ['sec-fetch-site', 'same-site'],
      ],
    ],
    [
      'same-origin twice',
      [
        ['origin', EVIL],
        ['sec-fetch-site', 'same-origin'],
        ['sec-fetch-site', 'same-origin'],
      ],
    ],
  ]
  test.each(refused)('of %s is refused', (_name, headers) => {
    expect(ask('GET', headers)).toMatchObject({ ...refusal('origin_refused'), event: 'malicious_cors' })
  })
  test.each(refused)('of %s goes on without leave, where it is withheld', (_name, headers) => {
    expect(ask('GET', headers, { ...OPTIONS, onRefused: 'withhold' })).toEqual(untouched)
  })

  test('where it is withheld, preflights are refused all the same', () => {
    expect(preflight(EVIL, 'GET', undefined, { ...OPTIONS, onRefused: 'withhold' })).toMatchObject({
      code: 'origin_refused',
    })
  })
})

describe('any origin', () => {
  test.each([EVIL, 'null', 'chrome-extension://abcdef', 'anything'])('%s is answered with a star', (origin) => {
    expect(ask('GET', [['origin', origin]], { origins: '*' })).toEqual({
      ...ALLOWED,
      headers: [VARY, ['access-control-allow-origin', '*']],
    })
  })
})

test('null is allowed where it is named', () => {
  const options = { origins: ['null', APP] }
  for (const origin of options.origins) {
    expect(ask('GET', [['origin', origin]], options)).toMatchObject({
      headers: [VARY, ['access-control-allow-origin', origin]],
    })
  }
  expect(ask('GET', [['origin', 'null']], { origins: 'null' })).toMatchObject({ allowed: true })
})

describe('a rule', () => {
  const asked: string[] = []
  const origins = (origin: string) => {
    asked.push(origin)
    return /^https:\/\/[a-z0-9-]+\.example\.com$/.test(origin)
  }
  const guard = cors({ origins, credentials: true })
  const askRule = (origin: string) => guard.check(contextFor({ headers: [['origin', origin]] }), {}) as Decision

  test('is asked before the first request whether it allows anybody', () => {
    expect(asked).toEqual(['https://nobody.invalid'])
  })

  test('allows by true, and its answer goes with the origin', () => {
    expect(askRule('https://tenant-7.example.com').headers).toEqual([
      VARY,
      ['access-control-allow-origin', 'https://tenant-7.example.com'],
      ['access-control-allow-credentials', 'true'],
    ])
    expect(askRule('https://other.example')).toMatchObject({ code: 'origin_refused' })
  })

  test.each([
    'null',
    'https://a.example.com/',
    'https://A.example.com',
    'https://u@a.example.com',
    'file://',
    '',
    `https://${'a'.repeat(300)}.example.com`,
  ])('is not asked about %s', (origin) => {
    asked.length = 0
    expect(askRule(origin)).toMatchObject({ code: 'origin_refused' })
    expect(asked).toEqual([])
  })

  test.each([1, 'yes', {}, undefined, null])('that answers %s allows nobody', (answer) => {
    expect(ask('GET', [['origin', APP]], { origins: (() => answer) as never })).toMatchObject({
      code: 'origin_refused',
    })
  })

  test('that throws at construction is asked again at a request, and denies there', () => {
    const fails = () => {
      throw new Error('not ready')
    }
    expect(() => ask('GET', [['origin', APP]], { origins: fails })).toThrow('not ready')
  })
})

test('no origin but the named ones is ever told in an answer', () => {
  const guard = cors(OPTIONS)
  const origin = fc.oneof(
    fc.string(),
    fc.webUrl().map((url) => new URL(url).origin),
    fc
      .constantFrom(APP, SELF)
      .chain((known) =>
        fc
          .tuple(fc.nat(known.length), fc.string({ maxLength: 3 }))
          .map(([at, text]) => known.slice(0, at) + text + known.slice(at)),
      ),
  )
  const method = fc.constantFrom('GET', 'POST', 'OPTIONS')
  const more = fc.array(
    fc.tuple(fc.constantFrom('origin', 'host', 'access-control-request-method', 'sec-fetch-site'), fc.string()),
    { maxLength: 3 },
  )
  fc.assert(
    fc.property(origin, method, more, (value, how, fields) => {
      const decision = guard.check(contextFor({ method: how, headers: [['origin', value], ...fields] }), {}) as Decision
      const told = decision.headers?.find(([name]) => name === 'access-control-allow-origin')?.[1]
      expect([undefined, APP, 'http://localhost:5173']).toContain(told)
      if (told !== undefined) expect(told).toBe(value)
      expect(decision.headers?.[0]?.[0]).toBe('vary')
    }),
    { numRuns: 1000 },
  )
})

test.each([
  'capacitor://localhost',
  'tauri://localhost',
  'ionic://localhost:8080',
  'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc',
])('%s, of an app or an extension, is allowed where it is named, and no other', (origin) => {
  const options: CorsOptions = { origins: [APP, origin], credentials: true }
  expect(ask('GET', [['origin', origin]], options).headers).toContainEqual(['access-control-allow-origin', origin])
  for (const other of [
    `${origin}x`,
    origin.slice(0, -1),
    origin.toUpperCase(),
    `${origin}/`,
    APP.replace('https', 'tauri'),
  ])
    expect(ask('GET', [['origin', other]], options)).toMatchObject({ code: 'origin_refused' })
})

test.each([0, 86_400])('maxAgeSeconds %i is sent', (maxAgeSeconds) => {
  expect(preflight(APP, 'GET', undefined, { origins: APP, maxAgeSeconds }).headers).toContainEqual([
    'access-control-max-age',
    String(maxAgeSeconds),
  ])
})
