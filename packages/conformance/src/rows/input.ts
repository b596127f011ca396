import type { Issue } from 'wardline'
import { SECRET } from '../check.js'
import { chunks, getting, JSON_TYPE, posting, type Row } from '../row.js'

const issue = (pointer: string, detail: string): Issue => ({ pointer, detail })

const ID = '2f1b3a52-7d0c-4c0e-9d0e-0b8c0f6a7e11'
const ITEM = { sku: 'AB-1', quantity: 2 }

/** Media types that are JSON in UTF-8, and those that some reader takes for it. */
const JSON_TYPES = [
  'application/json',
  'Application/JSON',
  'application/json;charset=utf-8',
  'application/json ; charset="UTF-8"',
  'application/json\t',
] as const
const OTHER_TYPES = [
  'text/json',
  'text/plain',
  'application/jsonp',
  'application/json-patch+json',
  'application/problem+json',
  'application/json;charset=utf-16',
  'application/json;charset=latin1',
  'application/json;charset=utf-8;charset=utf-7',
  'application/json;v=1',
  'application/json;',
  'application/json,text/plain',
  'application/json\\',
  'application/\tjson',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  '*/*',
  '',
] as const

/** Orders that the schema refuses, with where it says so. */
const REFUSED_ORDERS: readonly (readonly [order: object | string, Issue])[] = [
  [{ items: [ITEM] }, issue('/body', "must have required property 'customerId'")],
  [{ customerId: 'me', items: [ITEM] }, issue('/body/customerId', 'must match format "uuid"')],
  [{ customerId: ID, items: [] }, issue('/body/items', 'must NOT have fewer than 1 items')],
  [{ customerId: ID, items: [ITEM, ITEM, ITEM, ITEM] }, issue('/body/items', 'must NOT have more than 3 items')],
  [{ customerId: ID, items: [{ ...ITEM, quantity: '2' }] }, issue('/body/items/0/quantity', 'must be integer')],
  [{ customerId: ID, items: [{ ...ITEM, quantity: 2.5 }] }, issue('/body/items/0/quantity', 'must be integer')],
  [{ customerId: ID, items: [{ ...ITEM, quantity: 1e300 }] }, issue('/body/items/0/quantity', 'must be <= 100')],
  [{ customerId: ID, items: [{ ...ITEM, price: 0 }] }, issue('/body/items/0/price', 'is not accepted')],
  [{ customerId: ID, items: [ITEM], tenant: 'south' }, issue('/body/tenant', 'is not accepted')],
  [{ customerId: ID, items: [ITEM], toString: 1 }, issue('/body/toString', 'is not accepted')],
  [{ customerId: ID, items: [ITEM], 'a/b~c': 1 }, issue('/body/a~1b~0c', 'is not accepted')],
  [
    { customerId: ID, items: [ITEM], note: 'n'.repeat(21) },
    issue('/body/note', 'must NOT have more than 20 characters'),
  ],
  [{ customerId: ID, items: { 0: ITEM, length: 1 } }, issue('/body/items', 'must be array')],
  [[ID], issue('/body', 'must be object')],
  ['null', issue('/body', 'must be object')],
  ['"text"', issue('/body', 'must be object')],
]

const json = (value: object | string): string => (typeof value === 'string' ? value : JSON.stringify(value))

const bad = (part: 'query' | 'params' | 'headers', target: string, pointer: string, detail: string): Row => ({
  name: `${target} is refused`,
  request: getting(target),
  status: 400,
  denied: `invalid_${part}`,
  issues: [issue(`/${part}${pointer}`, detail)],
})

const tagged = (tags: readonly (readonly [string, string])[], detail?: string, pointer = '/headers/x-tag'): Row => ({
  name: `tags ${JSON.stringify(tags)}`,
  request: getting('/tagged', { headers: tags }),
  ...(detail === undefined
    ? { status: 200 }
    : { status: 400, denied: 'invalid_headers', issues: [issue(pointer, detail)] }),
})

export const INPUT: readonly Row[] = [
  ...JSON_TYPES.map(
    (type): Row => ({
      name: `content-type ${JSON.stringify(type)}`,
      request: posting('/input', '{"a":1}', { headers: [['content-type', type]] }),
      status: 200,
      body: { input: { body: { a: 1 } }, body: { a: 1 } },
    }),
  ),
  ...OTHER_TYPES.map(
    (type): Row => ({
      name: `content-type ${JSON.stringify(type)}`,
      request: posting('/input', '{"a":1}', { headers: [['content-type', type]] }),
      status: 415,
      denied: 'unsupported_media_type',
      headers: { accept: 'application/json' },
    }),
  ),
  {
    name: 'no content-type',
    request: posting('/input', '{"a":1}', { headers: [] }),
    status: 415,
    denied: 'unsupported_media_type',
  },
  ...['gzip', 'identity', 'x'].map(
    (encoding): Row => ({
      name: `content-encoding ${encoding}`,
      request: posting('/input', '{"a":1}', { headers: [JSON_TYPE, ['content-encoding', encoding]] }),
      status: 415,
      denied: 'unsupported_media_type',
    }),
  ),
  {
    name: 'an order that is sound',
    request: posting('/orders-open', json({ customerId: ID, items: [ITEM], note: '\u20ac' })),
    status: 200,
    body: {
      input: { body: { customerId: ID, items: [ITEM], note: '\u20ac' } },
      body: { customerId: ID, items: [ITEM], note: '\u20ac' },
    },
  },
  ...REFUSED_ORDERS.map(
    ([order, found]): Row => ({
      name: `order ${json(order)}`,
      request: posting('/orders-open', json(order)),
      status: 422,
      denied: 'invalid_body',
      issues: [found],
      event: { guard: 'validate', route: '/orders-open' },
    }),
  ),
  {
    name: 'a query that is sound',
    request: getting('/search?page=2&open=true&text=a+b%20c&sku=x&sku=y'),
    status: 200,
    body: { input: { query: { page: 2, open: true, text: 'a b c', sku: ['x', 'y'] } } },
  },
  {
    name: 'one value for an array',
    request: getting('/search?sku=x'),
    status: 200,
    body: { input: { query: { sku: ['x'] } } },
  },
  { name: 'no query', request: getting('/search'), status: 200, body: { input: { query: {} } } },
  bad('query', '/search?page=0', '/page', 'must be >= 1'),
  bad('query', '/search?page=1e1', '/page', 'must be integer'),
  bad('query', '/search?page=0x10', '/page', 'must be integer'),
  bad('query', '/search?page=%201', '/page', 'must be integer'),
  bad('query', '/search?page=', '/page', 'must be integer'),
  bad('query', '/search?page=1&page=2', '/page', 'must be integer'),
  bad('query', '/search?open=1', '/open', 'must be boolean'),
  bad('query', '/search?text=a&text=b', '/text', 'must be string'),
  bad('query', '/search?sku=1&sku=2&sku=3', '/sku', 'must NOT have more than 2 items'),
  bad('query', '/search?sort=asc', '/sort', 'is not accepted'),
  bad('query', '/search?text[$ne]=1', '/text[$ne]', 'is not accepted'),
  bad('query', '/search?__proto__=1', '/__proto__', 'is not accepted'),
  bad('query', '/search?constructor=1', '/constructor', 'is not accepted'),
  { name: 'a broken escape in the query', request: getting('/search?text=%'), status: 400, denied: 'malformed_query' },
  { name: 'broken UTF-8 in the query', request: getting('/search?text=%ff'), status: 400, denied: 'malformed_query' },
  {
    name: '300 parameters',
    request: getting(`/search?${'a=1&'.repeat(300)}`),
    status: 400,
    denied: 'too_many_parameters',
  },
  {
    name: 'a parameter that is a number',
    request: getting('/items/42'),
    status: 200,
    body: { input: { params: { number: 42 } } },
  },
  bad('params', '/items/1000', '/number', 'must be <= 999'),
  bad('params', '/items/4x', '/number', 'must be integer'),
  tagged([['x-tag', 'red']]),
  tagged([
    ['X-TAG', 'red'],
    ['x-count', '3'],
  ]),
  tagged([], "must have required property 'x-tag'", '/headers'),
  tagged([['x-tag', 'RED']], 'must match pattern "^[a-z]{1,8}$"'),
  tagged(
    [
      ['x-tag', 'red'],
      ['x-tag', 'blue'],
    ],
    'must be string',
  ),
  tagged(
    [
      ['x-tag', 'red'],
      ['x-count', 'three'],
    ],
    'must be integer',
    '/headers/x-count',
  ),
  {
    name: 'a secret in a refused body stays out of the answer',
    request: posting('/orders-open', json({ customerId: SECRET, items: [ITEM] })),
    status: 422,
    denied: 'invalid_body',
    issues: [issue('/body/customerId', 'must match format "uuid"')],
  },
  {
    name: 'several parts at once',
    request: { ...posting('/input/ab?dry=true', '[1]'), method: 'PUT' },
    status: 200,
    body: { input: { params: { id: 'ab' }, query: { dry: true }, body: [1] } },
  },
  {
    name: 'the query is refused before the body is looked at',
    request: { ...posting('/input/ab?dry=1', '{'), method: 'PUT' },
    status: 400,
    denied: 'invalid_query',
    issues: [issue('/query/dry', 'must be boolean')],
  },
  {
    name: 'a body in chunks',
    request: posting('/input', chunks('{"a"', ':1}'), { headers: [JSON_TYPE, ['transfer-encoding', 'chunked']] }),
    status: 200,
    body: { input: { body: { a: 1 } } },
  },
  { name: '1024 bytes', request: posting('/input', json({ a: 'x'.repeat(1016) })), status: 200 },
  {
    name: '1025 bytes',
    request: posting('/input', json({ a: 'x'.repeat(1017) })),
    status: 413,
    denied: 'body_too_large',
  },
  {
    name: '1025 bytes in chunks',
    request: posting('/input', chunks(json({ a: 'x'.repeat(600) }), 'x'.repeat(425)), {
      headers: [JSON_TYPE, ['transfer-encoding', 'chunked']],
    }),
    status: 413,
    denied: 'body_too_large',
  },
  {
    name: 'a length that is announced only',
    request: posting('/input', '{', { headers: [JSON_TYPE, ['content-length', '99999999999']] }),
    status: 413,
    denied: 'body_too_large',
  },
  {
    name: 'a body that stalls',
    request: posting('/input', '{"a":', { headers: [JSON_TYPE, ['content-length', '100']] }),
    status: 408,
    denied: 'body_timeout',
  },
  {
    name: 'no body at all',
    request: { method: 'POST', target: '/input', headers: [JSON_TYPE] },
    status: 400,
    denied: 'malformed_json',
    issues: [issue('/body', 'The body is not JSON.')],
  },
]
