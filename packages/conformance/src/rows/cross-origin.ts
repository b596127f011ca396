import { as, getting, type Row, type RowRequest } from '../row.js'
import { APP, SELF } from '../services/cross-origin.js'

const EVIL = 'https://evil.example'
const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
const MALICIOUS_CORS = { guard: 'cors', event: 'malicious_cors' } as const

type Fields = NonNullable<RowRequest['headers']>

const preflight = (origin: string, method: string, ...rest: Fields): RowRequest => ({
  method: 'OPTIONS',
  target: '/me',
  headers: [['origin', origin], ['access-control-request-method', method], ...rest],
})

const refused = (name: string, request: RowRequest, denied: string, rest: Partial<Row> = {}): Row => ({
  name,
  service: 'crossOrigin',
  request,
  status: 403,
  denied,
  headers: { vary: PREFLIGHT_VARY, 'access-control-allow-origin': null },
  event: denied === 'origin_refused' ? MALICIOUS_CORS : { guard: 'cors' },
  ...rest,
})

const READABLE = {
  vary: 'Origin',
  'access-control-allow-origin': APP,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'ratelimit',
  'access-control-allow-methods': null,
} as const

/** Fetch standard, section 3.3. */
export const CORS: readonly Row[] = [
  {
    name: 'a preflight is answered ahead of identity',
    service: 'crossOrigin',
    request: preflight(APP, 'DELETE', ['access-control-request-headers', 'authorization,content-type']),
    status: 204,
    headers: {
      vary: PREFLIGHT_VARY,
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
      'access-control-expose-headers': null,
      'access-control-allow-private-network': null,
      'x-content-type-options': 'nosniff',
      'content-length': null,
      'content-type': null,
      'www-authenticate': null,
    },
    event: { event: undefined, route: undefined },
  },
  refused('a preflight of another origin', preflight(EVIL, 'GET'), 'origin_refused'),
  refused('a preflight of null', preflight('null', 'GET'), 'origin_refused'),
  refused('a preflight for another method', preflight(APP, 'PUT'), 'cors_method_refused'),
  refused(
    'a preflight for another field',
    preflight(APP, 'GET', ['access-control-request-headers', 'x-admin']),
    'cors_header_refused',
  ),
  refused('a preflight with two origins', preflight(APP, 'GET', ['origin', EVIL]), 'origin_refused'),
  {
    name: 'OPTIONS that is no preflight goes on to identity',
    service: 'crossOrigin',
    request: { method: 'OPTIONS', target: '/me', headers: [['origin', APP]] },
    status: 401,
    denied: 'token_missing',
    headers: READABLE,
  },
  {
    name: 'the page may read the answer',
    service: 'crossOrigin',
    request: getting('/me', as('reader', ['origin', APP])),
    status: 200,
    headers: READABLE,
    event: { principal: { id: 'reader' } },
  },
  {
    name: 'the page may read a refusal of a guard behind',
    service: 'crossOrigin',
    request: getting('/me', as('expired', ['origin', APP])),
    status: 401,
    denied: 'token_expired',
    headers: READABLE,
  },
  refused('a page of another origin, token or not', getting('/me', as('reader', ['origin', EVIL])), 'origin_refused', {
    headers: { vary: 'Origin', 'access-control-allow-origin': null },
  }),
  ...[SELF, undefined].map(
    (origin): Row => ({
      name: `a request of ${origin ?? 'no page'} goes on`,
      service: 'crossOrigin',
      request: {
        method: 'POST',
        target: '/me',
        ...as('reader', ...(origin === undefined ? [] : [['origin', origin] as const])),
      },
      status: 200,
      headers: { vary: 'Origin', 'access-control-allow-origin': null },
    }),
  ),
]

const crossSite = (method: string, ...headers: Fields): RowRequest => ({ method, target: '/cart', headers })

/** W3C Fetch Metadata, section Sec-Fetch-Site. */
export const SAME_ORIGIN: readonly Row[] = [
  ...(
    [
      ['a link from another site', crossSite('GET', ['sec-fetch-site', 'cross-site'])],
      ['a page of its own', crossSite('POST', ['sec-fetch-site', 'same-origin'], ['origin', SELF])],
      ['a page that is named', crossSite('POST', ['sec-fetch-site', 'cross-site'], ['origin', APP])],
      ['an old browser', crossSite('DELETE', ['origin', SELF])],
      ['no browser', crossSite('PUT')],
    ] as const
  ).map(([name, request]): Row => ({ name, service: 'sameOriginOnly', request, status: 200 })),
  ...(
    [
      ['a form on another site', crossSite('POST', ['sec-fetch-site', 'cross-site'], ['origin', EVIL])],
      ['a form in a sandbox', crossSite('POST', ['sec-fetch-site', 'cross-site'], ['origin', 'null'])],
      ['a page of a subdomain', crossSite('POST', ['sec-fetch-site', 'same-site'], ['origin', `${SELF}:444`])],
      ['two values', crossSite('PUT', ['sec-fetch-site', 'same-origin'], ['sec-fetch-site', 'cross-site'])],
      ['an old browser elsewhere', crossSite('DELETE', ['origin', EVIL], ['host', 'evil.example'])],
      ['an old browser that hides where', crossSite('POST', ['origin', 'null'])],
    ] as const
  ).map(
    ([name, request]): Row => ({
      name,
      service: 'sameOriginOnly',
      request,
      status: 403,
      denied: 'cross_site_request',
      event: { guard: 'sameOrigin', event: 'malicious_csrf' },
    }),
  ),
]

const to = (host: string, method = 'GET', ...more: Fields): RowRequest => ({
  method,
  target: '/open',
  headers: [['host', host], ...more],
})

/** RFC 9110 sections 15.5.6 and 15.5.20. */
export const HOSTS: readonly Row[] = [
  ...['api.example.com', 'API.Example.com', 'a.shops.example', '127.0.0.1:3000'].map(
    (host): Row => ({ name: `the host ${host}`, service: 'hosted', request: to(host), status: 200 }),
  ),
  ...['evil.example', 'api.example.com:444', 'a.b.shops.example', '127.0.0.1', '[::1]:3000'].map(
    (host): Row => ({
      name: `the host ${host}`,
      service: 'hosted',
      request: to(host, 'GET', ['x-forwarded-host', 'api.example.com'], ['forwarded', 'host=api.example.com']),
      status: 421,
      denied: 'host_refused',
      event: { guard: 'allowHosts' },
    }),
  ),
  {
    name: 'two hosts',
    service: 'hosted',
    request: to('api.example.com', 'GET', ['host', 'evil.example']),
    status: 400,
    denied: 'host_invalid',
    event: { guard: 'allowHosts' },
  },
  {
    name: 'a target that brings its own host',
    service: 'hosted',
    request: getting('http://evil.example/open', { headers: [['host', 'api.example.com']] }),
    status: 400,
    denied: 'host_invalid',
    event: { guard: 'allowHosts' },
  },
  ...['DELETE', 'OPTIONS', 'PATCH'].map(
    (method): Row => ({
      name: `${method} is not served`,
      service: 'hosted',
      request: to('api.example.com', method),
      status: 405,
      denied: 'method_refused',
      headers: { allow: 'GET, HEAD, POST' },
      event: { guard: 'allowMethods(GET, POST)' },
    }),
  ),
  ...['GET', 'HEAD', 'POST'].map(
    (method): Row => ({
      name: `${method} is served`,
      service: 'hosted',
      request: to('api.example.com', method),
      status: 200,
    }),
  ),
]
