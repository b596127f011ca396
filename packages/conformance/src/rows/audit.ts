import { SECRET } from '../check.js'
import { as, getting, posting, type Row } from '../row.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

const OTHER = '0af7651916cd43dd8448eb211c80319c'

const tracing = (name: string, traceparent: string, traceId: string | RegExp): Row => ({
  name,
  request: getting('/open', { headers: [['traceparent', traceparent]] }),
  status: 200,
  event: { traceId },
})

/** What is not the caller's trace id: a new one is made. */
const NEW_ID = new RegExp(`^(?!${TRACE})[0-9a-f]{32}$`)

export const AUDIT: readonly Row[] = [
  tracing('traceparent', `00-${OTHER}-00f067aa0ba902b7-01`, OTHER),
  tracing('traceparent of a later version', `cc-${TRACE}-00f067aa0ba902b7-01-more`, TRACE),
  tracing('traceparent of version ff', `ff-${TRACE}-00f067aa0ba902b7-01`, NEW_ID),
  tracing('traceparent of zeros', '00-00000000000000000000000000000000-00f067aa0ba902b7-01', NEW_ID),
  tracing('traceparent in upper case', `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`, NEW_ID),
  tracing('traceparent too short', '00-4bf92f-00f067aa0ba902b7-01', NEW_ID),
  tracing('traceparent with more', `00-${TRACE}-00f067aa0ba902b7-01 {"event":"x"}`, NEW_ID),
  { name: 'the query stays out', request: getting(`/open?token=${SECRET}`), status: 200, event: { path: '/open' } },
  {
    name: 'the query of a refusal stays out',
    request: getting(`/search?key=${SECRET}`),
    status: 400,
    denied: 'invalid_query',
    issues: [{ pointer: '/query/key', detail: 'is not accepted' }],
    event: { path: '/search' },
  },
  {
    name: 'an encoded query stays out',
    request: { method: 'DELETE', target: `/open/a%3ftoken=${SECRET}` },
    status: 204,
    event: { path: '/open/a', route: '/open/:id' },
  },
  {
    name: 'a doubly encoded query stays out',
    request: getting(`/open%253ftoken=${SECRET}`),
    status: 400,
    denied: 'ambiguous_path',
    event: { path: '/open' },
  },
  {
    name: 'a path parameter stays out',
    request: getting(`/open;jsessionid=${SECRET}`),
    status: 400,
    denied: 'ambiguous_path',
    event: { path: '/open' },
  },
  {
    name: 'userinfo stays out',
    request: getting(`http://a:${SECRET}@service.test/open`),
    status: 400,
    denied: 'ambiguous_path',
    event: { path: '[not a path]' },
  },
  {
    name: 'fields stay out',
    request: getting('/me', {
      headers: [
        ['authorization', `Basic ${Buffer.from(`a:${SECRET}`).toString('base64')}`],
        ['cookie', `session=${SECRET}`],
        ['x-api-key', SECRET],
        ['user-agent', SECRET],
      ],
    }),
    status: 401,
    denied: 'token_missing',
  },
  {
    name: 'the body stays out',
    request: posting('/input', `{"password":"${SECRET}"`),
    status: 400,
    denied: 'malformed_json',
    issues: [{ pointer: '/body', detail: 'The body is not JSON.' }],
  },
  {
    name: 'a secret that is not a token',
    request: getting('/me', { headers: [['authorization', `Bearer ${SECRET}`]] }),
    status: 401,
    denied: 'token_malformed',
  },
  {
    name: 'a long path is cut',
    request: getting(`/open/${'a'.repeat(2000)}`),
    status: 200,
    event: { path: `/open/${'a'.repeat(506)}...` },
  },
  {
    name: 'an event of an allowed caller',
    request: getting('/orders/n1?x=1', as('issued')),
    status: 200,
    event: {
      event: 'authn_login_success',
      method: 'GET',
      path: '/orders/n1',
      route: '/orders/:id',
      client: '127.0.0.1',
      principal: { id: 'service-client', client: 'service-client' },
      notices: undefined,
      cause: undefined,
    },
  },
  {
    name: 'an event of a refused caller names it',
    request: getting('/orders/n1', as('stranger')),
    status: 403,
    denied: 'scope_missing',
    headers: { 'www-authenticate': /insufficient_scope/ },
    event: { principal: { id: 'stranger', client: 'test' }, guard: 'requireScope(orders:read)', route: '/orders/:id' },
  },
]
