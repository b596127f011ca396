import { getting, posting, type Row } from '../row.js'

/** Paths that two readers could read differently: refused, whatever the framework would make of them. */
const AMBIGUOUS_PATHS = [
  ['an encoded slash', '/open/a%2fb'],
  ['an encoded slash in upper case', '/open/a%2Fb'],
  ['a backslash', '/open\\7'],
  ['an encoded backslash', '/open/%5c7'],
  ['a dot segment', '/open/./7'],
  ['a parent segment', '/public/../open/7'],
  ['a parent segment at the end', '/open/..'],
  ['an encoded dot segment', '/open/%2e%2e/orders/n1'],
  ['a half encoded dot segment', '/open/.%2E/orders/n1'],
  ['a double slash', '//open'],
  ['a double slash inside', '/open//7'],
  ['a double slash at the end', '/open//'],
  ['a path parameter', '/open;v=1/7'],
  ['an encoded semicolon', '/open/7%3bv=1'],
  ['an encoded NUL', '/open/7%00'],
  ['an encoded line break', '/open/7%0d%0aset-cookie:%20a=b'],
  ['an encoded letter', '/%6fpen'],
  ['an encoded digit', '/open/%37'],
  ['double encoding', '/open/%252e%252e'],
  ['a broken escape', '/open/%zz'],
  ['a cut escape', '/open/%4'],
  ['overlong UTF-8', '/open/%c0%af'],
  ['half a character', '/open/%e2%82'],
  ['an absolute target', 'http://service.test/open'],
  ['an absolute target with userinfo', 'http://admin:pw@service.test/open'],
] as const

const CLEAN_PATHS = [
  ['an id', '/open/7', '7'],
  ['an encoded space', '/open/a%20b', 'a b'],
  ['an encoded character', '/open/%e2%82%ac', '\u20ac'],
  ['sub-delimiters', "/open/a!$&'()*+,=:@b", "a!$&'()*+,=:@b"],
  ['dots that are no segment', '/open/...', '...'],
  ['an encoded percent sign', '/open/100%25', '100%'],
  ['an encoded question mark', '/open/what%3f', 'what?'],
] as const

/** Fields that a message has once (RFC 9110 section 5.3), sent twice. */
const TWICE = [
  ['authorization', 'Bearer a', 'Bearer b'],
  ['authorization', 'Bearer a', 'Bearer a'],
  ['content-type', 'application/json', 'text/plain'],
  ['x-api-key', 'a', 'b'],
  ['content-encoding', 'gzip', 'br'],
  ['proxy-authorization', 'Basic a', 'Basic b'],
  ['dpop', 'a', 'b'],
] as const

/** Requests that some framework, proxy or library somewhere takes for another, or lets pass unasked. */
const IGNORED_FIELDS = [
  ['x-middleware-subrequest', 'middleware:middleware:middleware:middleware:middleware'],
  ['x-http-method-override', 'DELETE'],
  ['x-method-override', 'DELETE'],
  ['x-original-url', '/open'],
  ['x-rewrite-url', '/open'],
  ['x-forwarded-path', '/open'],
  ['x-forwarded-host', 'admin.test'],
  ['x-authenticated-user', 'admin'],
  ['upgrade', 'websocket'],
] as const

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-powered-by': null,
} as const

/** A framework's own error page may set its own policy, as handlers may. */
const OF_AN_ERROR = { ...SECURITY_HEADERS, 'content-security-policy': /^default-src 'none'/ }

export const EDGE: readonly Row[] = [
  ...AMBIGUOUS_PATHS.map(
    ([what, target]): Row => ({
      name: `${what}: ${target}`,
      request: getting(target),
      status: 400,
      denied: 'ambiguous_path',
      event: { guard: 'wellFormed', route: undefined },
    }),
  ),
  ...CLEAN_PATHS.map(
    ([what, target, id]): Row => ({
      name: `${what}: ${target}`,
      request: getting(target),
      status: 200,
      body: { params: { id } },
      event: { route: '/open/:id' },
    }),
  ),
  ...TWICE.map(
    ([name, first, second]): Row => ({
      name: `${name} twice: ${first} | ${second}`,
      request: getting('/open', {
        headers: [
          [name, first],
          [name, second],
        ],
      }),
      status: 400,
      denied: 'duplicate_header',
    }),
  ),
  ...IGNORED_FIELDS.map(
    ([name, value]): Row => ({
      name: `${name} switches nothing off`,
      request: getting('/me', { headers: [[name, value]] }),
      status: 401,
      denied: 'token_missing',
      event: { method: 'GET', path: '/me', route: '/me' },
    }),
  ),
  {
    name: 'a query with raw brackets and quotes',
    request: getting('/open?a[]="1"'),
    status: 200,
  },
  { name: 'a fragment', request: getting('/open?a=1#b'), status: 400, denied: 'ambiguous_query' },
  {
    name: 'an asterisk target',
    request: { method: 'OPTIONS', target: '*' },
    status: 400,
    denied: 'ambiguous_path',
    event: { path: '[not a path]' },
  },
  {
    name: 'TRACE',
    request: { method: 'TRACE', target: '/open' },
    status: 405,
    denied: 'method_refused',
    headers: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
  },
  { name: 'raw UTF-8 in the target', request: getting('/open/\u00e9'), status: 400, event: null },
  { name: 'a method of nobody', request: { method: 'BREW', target: '/open' }, status: 400, event: null },
  { name: 'a space in the target', request: getting('/open/a b'), status: 400, event: null },
  {
    name: 'two lengths',
    request: {
      method: 'POST',
      target: '/open',
      headers: [
        ['content-length', '1'],
        ['content-length', '2'],
      ],
      body: 'ab',
    },
    status: 400,
    event: null,
  },
  {
    name: 'a length and chunks',
    request: posting('/open', '0\r\n\r\n', {
      headers: [
        ['content-length', '5'],
        ['transfer-encoding', 'chunked'],
      ],
    }),
    status: 400,
    event: null,
  },
  {
    name: 'no such route',
    request: getting('/nowhere'),
    status: 404,
    headers: OF_AN_ERROR,
    event: { route: undefined },
  },
  {
    name: 'the baseline: an answer',
    service: 'baseline',
    request: getting('/open'),
    status: 200,
    headers: { ...SECURITY_HEADERS, 'ratelimit-policy': '"baseline";q=300;w=60' },
    event: { event: undefined, guard: 'all(responseHeaders, rateLimit(baseline), wellFormed)' },
  },
  {
    name: 'the baseline: an ambiguous request',
    service: 'baseline',
    request: getting('/open//'),
    status: 400,
    denied: 'ambiguous_path',
    headers: { ...SECURITY_HEADERS, 'ratelimit-policy': '"baseline";q=300;w=60' },
  },
  { name: 'security headers on an answer', request: getting('/open'), status: 200, headers: SECURITY_HEADERS },
  {
    name: 'security headers on a refusal',
    request: getting('//'),
    status: 400,
    denied: 'ambiguous_path',
    headers: SECURITY_HEADERS,
  },
  {
    name: 'security headers on an error of the handler',
    request: getting('/handler/throws'),
    status: 500,
    headers: OF_AN_ERROR,
  },
  {
    name: 'HEAD is GET',
    request: { method: 'HEAD', target: '/open/7' },
    status: 200,
    headers: SECURITY_HEADERS,
    event: { route: '/open/:id' },
  },
  {
    name: 'HEAD is refused as GET is',
    request: { method: 'HEAD', target: '/me' },
    status: 401,
    denied: 'token_missing',
    event: { route: '/me' },
  },
  {
    name: 'DELETE that sends GET in an override',
    request: { method: 'DELETE', target: '/orders/n1', headers: [['x-http-method-override', 'GET']] },
    status: 401,
    denied: 'token_missing',
    event: { method: 'DELETE' },
  },
]
