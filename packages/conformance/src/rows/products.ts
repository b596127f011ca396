import { PRODUCTS } from '../product-tokens.js'
import { as, getting, type Row } from '../row.js'

const CHALLENGE = 'Bearer realm="orders"'
const TENANT = '6f7c1e1c-5d26-4f5c-9d4b-0c7a5a3e2b10'

type Product = keyof typeof PRODUCTS

const ACCESS_TOKENS: Readonly<Record<Product, Readonly<Record<string, unknown>>>> = {
  keycloak: { id: 'alice', client: 'shop-web', scopes: ['openid', 'profile'], roles: ['clerk', 'approver'] },
  entra: {
    id: 'alice',
    client: 'web-client',
    tenant: TENANT,
    scopes: ['orders.read', 'orders.write'],
    roles: [],
  },
  auth0: {
    id: 'alice',
    client: 'web-client',
    tenant: 'org_9ybsU1dN2dKfDkBi',
    scopes: ['openid', 'read:orders'],
    roles: ['clerk', 'read:orders'],
  },
  cognito: {
    id: 'alice',
    client: PRODUCTS.cognito.audience,
    scopes: ['openid', 'orders/read'],
    roles: ['clerks'],
  },
  svid: { id: 'spiffe://example.org/service/billing', scopes: [], roles: [] },
}

const REFUSED: readonly (readonly [product: Product, token: string, code: string])[] = [
  ['keycloak', 'keycloak-id', 'token_claim_invalid'],
  ['entra', 'entra-id', 'token_claim_invalid'],
  ['auth0', 'auth0-id', 'token_claim_invalid'],
  ['cognito', 'cognito-id', 'token_claim_invalid'],
  ['svid', 'svid-id', 'token_claim_invalid'],
  ['svid', 'svid-other-audience', 'token_audience_mismatch'],
  ['svid', 'svid-other-domain', 'token_claim_invalid'],
  ['svid', 'svid-no-path', 'token_claim_invalid'],
  ['svid', 'svid-at-jwt', 'token_type_refused'],
]

const refused = (target: string, token: string, denied: string): Row => ({
  name: `${target}: ${token} token`,
  service: 'products',
  request: getting(target, as(token)),
  status: 401,
  denied,
  headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
  event: { guard: 'jwt', event: 'authn_login_fail', principal: undefined },
})

/** Each product alone, and among the others. */
export const PRODUCT_ROWS: readonly Row[] = [
  ...Object.entries(ACCESS_TOKENS).flatMap(([product, principal]) =>
    [`/${product}`, '/all'].map(
      (target): Row => ({
        name: `${target}: ${product}-access token`,
        service: 'products',
        request: getting(target, as(`${product}-access`)),
        status: 200,
        body: { principal },
        event: {
          event: 'authn_login_success',
          principal: { id: principal.id, issuer: PRODUCTS[product as Product].issuer },
        },
      }),
    ),
  ),
  ...REFUSED.flatMap(([product, token, code]) => [refused(`/${product}`, token, code), refused('/all', token, code)]),
  refused('/keycloak', 'entra-access', 'token_signature_invalid'),
  {
    name: 'products: a stranger',
    service: 'products',
    request: getting('/all'),
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': CHALLENGE },
  },
]
