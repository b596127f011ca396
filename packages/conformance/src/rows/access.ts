import { as, getting, posting, type Row } from '../row.js'

const ORDER = JSON.stringify({
  customerId: '2f1b3a52-7d0c-4c0e-9d0e-0b8c0f6a7e11',
  items: [{ sku: 'AB-1', quantity: 2 }],
})

const deleting = (id: string, token: string) => ({ method: 'DELETE', target: `/orders/${id}`, ...as(token) })

/** Scopes and roles compare exactly: not by prefix, not in other letters, not as one text. */
const NO_SCOPE = ['stranger', 'longer-scope', 'scope-list', 'admin'] as const
const NO_ROLE = ['stranger', 'longer-role', 'roles-text', 'reader'] as const

const scopeDenied = (target: string, scope: string, token: string): Row => ({
  name: `${target} with the ${token} token`,
  request: getting(target, as(token)),
  status: 403,
  denied: 'scope_missing',
  headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  event: { guard: `requireScope(${scope})`, principal: { client: 'test' }, route: target.replace('n1', ':id') },
})

export const ACCESS: readonly Row[] = [
  {
    name: 'a scope that is there',
    request: getting('/orders/n1', as('reader')),
    status: 200,
    event: { principal: { id: 'reader' } },
  },
  ...NO_SCOPE.map((token) => scopeDenied('/orders/n1', 'orders:read', token)),
  scopeDenied('/export', 'orders:read orders:export', 'reader'),
  ...NO_ROLE.map(
    (token): Row => ({
      name: `POST /orders with the ${token} token`,
      request: posting('/orders', ORDER, as(token, ['content-type', 'application/json'])),
      status: 403,
      denied: 'role_missing',
      headers: { 'www-authenticate': null },
      event: { guard: 'requireRole(clerk or admin)' },
    }),
  ),
  {
    name: 'one of two roles',
    request: posting('/orders', ORDER, as('clerk', ['content-type', 'application/json'])),
    status: 201,
    headers: { location: '/orders/n1' },
    body: { body: JSON.parse(ORDER) },
    event: { principal: { id: 'clerk' } },
  },
  {
    name: 'a stranger is refused before the body is looked at',
    request: posting('/orders', '{"customerId":', { headers: [['content-type', 'text/html']] }),
    status: 401,
    denied: 'token_missing',
  },
  {
    name: 'a caller without the role is refused before the body is looked at',
    request: posting('/orders', '{"customerId":', as('reader', ['content-type', 'text/html'])),
    status: 403,
    denied: 'role_missing',
  },
  {
    name: 'an order of the own tenant',
    request: deleting('n1', 'admin'),
    status: 200,
    body: { resource: { id: 'n1', tenant: 'north' }, params: { id: 'n1' } },
  },
  { name: 'an order of another tenant', request: deleting('s1', 'admin'), status: 403, denied: 'access_denied' },
  { name: 'an order of no tenant', request: deleting('x1', 'admin'), status: 403, denied: 'attribute_unknown' },
  {
    name: 'two that have no tenant are not of one',
    request: deleting('x1', 'homeless'),
    status: 403,
    denied: 'attribute_unknown',
  },
  {
    name: 'a tenant that is no text counts as none',
    request: deleting('n1', 'tenant-list'),
    status: 403,
    denied: 'attribute_unknown',
  },
  {
    name: 'no such order',
    request: deleting('n2', 'admin'),
    status: 404,
    denied: 'resource_not_found',
    event: { guard: 'authorize(orders:delete)' },
  },
  {
    name: 'an order named like a member of objects',
    request: deleting('__proto__', 'admin'),
    status: 404,
    denied: 'resource_not_found',
  },
  { name: 'a hidden order of the own tenant', request: getting('/hidden/n1', as('admin')), status: 200 },
  {
    name: 'a hidden order of another tenant',
    request: getting('/hidden/s1', as('admin')),
    status: 404,
    denied: 'access_denied',
  },
  {
    name: 'a hidden order that is not there',
    request: getting('/hidden/n2', as('admin')),
    status: 404,
    denied: 'resource_not_found',
  },
  { name: 'asked later, own tenant', request: getting('/later/n1', as('admin')), status: 200 },
  {
    name: 'asked later, another tenant',
    request: getting('/later/s1', as('admin')),
    status: 403,
    denied: 'access_denied',
    event: { guard: 'authorize(orders:read)' },
  },
  {
    name: 'asked later, no token',
    request: getting('/later/n1'),
    status: 401,
    denied: 'token_missing',
    event: { guard: 'jwt' },
  },
]
