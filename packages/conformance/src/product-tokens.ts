import { KID, type Members, signatory, signedJwt } from './signatory.js'
import type { Tokens } from './tokens.js'

const TENANT = '6f7c1e1c-5d26-4f5c-9d4b-0c7a5a3e2b10'
const APP_CLIENT = '7k2p9q0example1clientid'

/** Issuers whose access tokens have a shape of their own, and what this service is to each. */
export const PRODUCTS = {
  keycloak: signatory('https://id.example.com/realms/shop', 'orders-api'),
  entra: signatory(`https://login.microsoftonline.com/${TENANT}/v2.0`, '2d8f0c3a-9f51-4d0e-8c58-6a4bb16f5c77'),
  auth0: signatory('https://shop.eu.auth0.com/', 'https://orders.example.com/'),
  cognito: signatory('https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI', APP_CLIENT),
  svid: signatory('spiffe://example.org', 'spiffe://example.org/service/orders', 'jwt-svid'),
}

type Product = keyof typeof PRODUCTS

const JWT = { typ: 'JWT' }
const UNTYPED = {}

/** What makes an ID token. Each names this service as its audience, so that nothing else is wrong with it. */
const ID_TOKEN = { nonce: 'n-0S6_WzA2Mj', at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng' }

const SVID = { iss: undefined, iat: undefined, sub: 'spiffe://example.org/service/billing' }

const TOKENS: Readonly<Record<string, readonly [Product, header: Members, claims: Members]>> = {
  'keycloak-access': ['keycloak', JWT, { ...keycloak(), typ: 'Bearer', realm_access: { roles: ['clerk'] } }],
  'keycloak-id': ['keycloak', JWT, { ...keycloak(), ...ID_TOKEN, typ: 'ID' }],
  'entra-access': ['entra', JWT, { ...entra(), azp: 'web-client', scp: 'orders.read orders.write' }],
  'entra-id': ['entra', JWT, { ...entra(), ...ID_TOKEN, roles: ['Orders.Admin'] }],
  'auth0-access': ['auth0', JWT, { ...auth0(), azp: 'web-client', permissions: ['read:orders'] }],
  'auth0-id': ['auth0', JWT, { ...auth0(), ...ID_TOKEN, azp: 'web-client' }],
  'cognito-access': ['cognito', UNTYPED, { ...cognito(), client_id: APP_CLIENT, token_use: 'access', aud: undefined }],
  'cognito-id': ['cognito', UNTYPED, { ...cognito(), client_id: APP_CLIENT, token_use: 'id' }],
  'svid-access': ['svid', UNTYPED, SVID],
  'svid-other-audience': ['svid', JWT, { ...SVID, aud: ['spiffe://example.org/service/shipping'] }],
  'svid-other-domain': [
    'svid',
    JWT,
    { ...SVID, iss: PRODUCTS.svid.issuer, sub: 'spiffe://evil.example/service/billing' },
  ],
  'svid-no-path': ['svid', JWT, { ...SVID, iss: PRODUCTS.svid.issuer, sub: 'spiffe://example.org' }],
  'svid-at-jwt': ['svid', { typ: 'at+jwt' }, SVID],
  'svid-id': ['svid', JWT, { ...SVID, ...ID_TOKEN }],
}

function keycloak(): Members {
  return {
    jti: 'onrtac:8d6c0f5e-1d6f-4d24-9d8b-6c2b1b6f7f11',
    azp: 'shop-web',
    sid: '4c7d1a52-8c1f-4e0c-b7a5-1f4e8c9d0a6b',
    resource_access: { 'orders-api': { roles: ['approver'] } },
    scope: 'openid profile',
    preferred_username: 'alice',
  }
}

function entra(): Members {
  return {
    oid: '0f0b1c7e-8c5d-4c54-8b5a-6c7c6c1a9d11',
    tid: TENANT,
    ver: '2.0',
    preferred_username: 'alice@example.com',
  }
}

function auth0(): Members {
  return { scope: 'openid read:orders', org_id: 'org_9ybsU1dN2dKfDkBi', 'https://example.com/roles': ['clerk'] }
}

function cognito(): Members {
  return { jti: 'aaaaaaaa-3333-cccc-dddd-eeeeeeeeeeee', 'cognito:groups': ['clerks'], scope: 'openid orders/read' }
}

export function productTokens(): Tokens {
  const now = Math.floor(Date.now() / 1000)
  return Object.fromEntries(
    Object.entries(TOKENS).map(([name, [product, header, claims]]) => {
      const { issuer, audience, privateKey } = PRODUCTS[product]
      const standard = { iss: issuer, aud: audience, sub: 'alice', iat: now, exp: now + 300 }
      return [name, signedJwt({ kid: KID, ...header }, { ...standard, ...claims }, privateKey)]
    }),
  )
}
