type Members = Readonly<Record<string, unknown>>

/** Who issues, and for whom. */
export const PRODUCTS = {
  keycloak: { issuer: 'https://id.example.com/realms/shop', audience: 'orders-api' },
  entra: {
    issuer: 'https://login.microsoftonline.com/6f7c1e1c-5d26-4f5c-9d4b-0c7a5a3e2b10/v2.0',
    audience: '2d8f0c3a-9f51-4d0e-8c58-6a4bb16f5c77',
  },
  auth0: { issuer: 'https://shop.eu.auth0.com/', audience: 'https://orders.example.com/' },
  cognito: {
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI',
    audience: '7k2p9q0example1clientid',
  },
  jwtSvid: { issuer: 'spiffe://example.org', audience: 'spiffe://example.org/service/orders' },
} as const

export const JWT = { typ: 'JWT' }
export const UNTYPED = { typ: undefined }
const TIMES = { iat: 0, exp: 300 }
export const without = (claims: Members, ...names: readonly string[]): Members =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))

export const KEYCLOAK = {
  ...TIMES,
  auth_time: -60,
  jti: 'onrtac:8d6c0f5e-1d6f-4d24-9d8b-6c2b1b6f7f11',
  iss: PRODUCTS.keycloak.issuer,
  aud: ['orders-api', 'account'],
  sub: 'c5a1e7f2-0f6c-4a0e-9a51-3f7f0e1b2c3d',
  typ: 'Bearer',
  azp: 'shop-web',
  sid: '4c7d1a52-8c1f-4e0c-b7a5-1f4e8c9d0a6b',
  acr: '1',
  realm_access: { roles: ['offline_access', 'clerk'] },
  resource_access: { 'orders-api': { roles: ['approver'] }, account: { roles: ['manage-account'] } },
  scope: 'openid email profile',
  preferred_username: 'alice',
}
export const KEYCLOAK_ALICE = {
  id: KEYCLOAK.sub,
  client: 'shop-web',
  kind: 'user',
  scopes: ['openid', 'email', 'profile'],
  roles: ['offline_access', 'clerk', 'approver'],
} as const
export const KEYCLOAK_SERVICE = {
  ...without(KEYCLOAK, 'sid', 'auth_time', 'resource_access'),
  jti: 'trrtcc:8d6c0f5e-1d6f-4d24-9d8b-6c2b1b6f7f12',
  azp: 'Batch-Job',
  client_id: 'Batch-Job',
  clientHost: '10.0.0.9',
  clientAddress: '10.0.0.9',
  scope: 'email profile',
  preferred_username: 'service-account-batch-job',
}
/** Before version 26.2. */
export const KEYCLOAK_OLD_SERVICE = { ...KEYCLOAK_SERVICE, jti: '8d6c0f5e-1d6f-4d24-9d8b-6c2b1b6f7f12' }
export const KEYCLOAK_JOB = {
  ...KEYCLOAK_ALICE,
  client: 'Batch-Job',
  kind: 'service',
  scopes: ['email', 'profile'],
  roles: ['offline_access', 'clerk'],
} as const

const TENANT = '6f7c1e1c-5d26-4f5c-9d4b-0c7a5a3e2b10'
export const ENTRA = {
  ...TIMES,
  nbf: 0,
  aud: PRODUCTS.entra.audience,
  iss: PRODUCTS.entra.issuer,
  azp: 'b7d5c1de-1e0b-4d4f-8a7e-02c1cf0f8e55',
  azpacr: '1',
  name: 'Alice',
  oid: '0f0b1c7e-8c5d-4c54-8b5a-6c7c6c1a9d11',
  preferred_username: 'alice@example.com',
  rh: '0.ARoA',
  scp: 'orders.read orders.write',
  sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  tid: TENANT,
  uti: 'fqiBqXLPj0eQa82S-IYFAA',
  ver: '2.0',
}
export const ENTRA_ALICE = {
  id: ENTRA.sub,
  client: ENTRA.azp,
  kind: 'user',
  scopes: ['orders.read', 'orders.write'],
  roles: [],
  tenant: TENANT,
} as const
export const ENTRA_APP = {
  ...without(ENTRA, 'scp', 'name', 'preferred_username'),
  roles: ['Orders.Read.All'],
  oid: 'e2b1f1d4-33f2-4b0a-9a51-aa0c0f4a3f20',
  sub: 'e2b1f1d4-33f2-4b0a-9a51-aa0c0f4a3f20',
}
export const ENTRA_JOB = {
  ...ENTRA_ALICE,
  id: ENTRA_APP.sub,
  kind: 'service',
  scopes: [],
  roles: ['Orders.Read.All'],
} as const
export const ENTRA_ID = {
  ...without(ENTRA, 'azp', 'azpacr', 'scp'),
  roles: ['Orders.Admin'],
  email: 'alice@example.com',
}

export const AUTH0 = {
  ...TIMES,
  iss: PRODUCTS.auth0.issuer,
  sub: 'auth0|6553da60a54af58e29493993',
  aud: [PRODUCTS.auth0.audience, 'https://shop.eu.auth0.com/userinfo'],
  azp: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
  scope: 'openid profile read:orders',
  org_id: 'org_9ybsU1dN2dKfDkBi',
  permissions: ['read:orders', 'delete:orders'],
  'https://example.com/roles': ['clerk'],
}
export const AUTH0_ALICE = {
  id: AUTH0.sub,
  client: AUTH0.azp,
  kind: 'user',
  scopes: ['openid', 'profile', 'read:orders'],
  roles: ['clerk', 'read:orders', 'delete:orders'],
  tenant: 'org_9ybsU1dN2dKfDkBi',
} as const
export const AUTH0_M2M = {
  ...TIMES,
  iss: PRODUCTS.auth0.issuer,
  sub: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients',
  aud: PRODUCTS.auth0.audience,
  azp: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx',
  gty: 'client-credentials',
  scope: 'read:orders',
}
export const AUTH0_JOB = {
  id: AUTH0_M2M.sub,
  client: AUTH0_M2M.azp,
  kind: 'service',
  scopes: ['read:orders'],
  roles: [],
} as const

export const COGNITO = {
  ...TIMES,
  auth_time: -60,
  sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  'cognito:groups': ['clerks'],
  iss: PRODUCTS.cognito.issuer,
  version: 2,
  client_id: PRODUCTS.cognito.audience,
  origin_jti: 'aaaaaaaa-1111-cccc-dddd-eeeeeeeeeeee',
  event_id: 'aaaaaaaa-2222-cccc-dddd-eeeeeeeeeeee',
  token_use: 'access',
  scope: 'openid orders/read',
  jti: 'aaaaaaaa-3333-cccc-dddd-eeeeeeeeeeee',
  username: 'alice',
}
export const COGNITO_ALICE = {
  id: COGNITO.sub,
  client: COGNITO.client_id,
  kind: 'user',
  scopes: ['openid', 'orders/read'],
  roles: ['clerks'],
} as const
export const COGNITO_ID = {
  ...without(COGNITO, 'client_id', 'scope', 'username'),
  aud: PRODUCTS.cognito.audience,
  token_use: 'id',
  'cognito:username': 'alice',
  email: 'alice@example.com',
}

export const SVID = { exp: 300, aud: [PRODUCTS.jwtSvid.audience], sub: 'spiffe://example.org/service/billing' }
export const SVID_BILLING = { id: SVID.sub, client: undefined, kind: 'service', scopes: [], roles: [] } as const
