import { auth0, cognito, entra, type IssuerOptions, jwt, jwtSvid, keycloak, type TokenProfile } from 'wardline'
import { PRODUCTS } from '../product-tokens.js'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { limit } from './guards.js'

const PROFILES: Readonly<Record<keyof typeof PRODUCTS, TokenProfile>> = {
  keycloak: keycloak({ client: 'orders-api' }),
  entra: entra({ version: 2 }),
  auth0: auth0({ namespace: 'https://example.com/' }),
  cognito: cognito(),
  svid: jwtSvid(),
}

/** A route for the callers of each product, and one for all of them. */
export const products = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: limit('address', 10_000),
  mountedAt: 'routes',
  routes: [
    ...PRODUCT_NAMES.map((name) => get(`/${name}`, [jwt({ issuers: [issuerOf(name)], realm: 'orders' })])),
    get('/all', [jwt({ issuers: PRODUCT_NAMES.map(issuerOf), realm: 'orders' })]),
  ],
})

const PRODUCT_NAMES = Object.keys(PROFILES) as (keyof typeof PRODUCTS)[]

function issuerOf(name: keyof typeof PRODUCTS): IssuerOptions {
  const { issuer, audience, jwks } = PRODUCTS[name]
  return { issuer, audience, jwks, profile: PROFILES[name] }
}
