import type { Row } from './row.js'
import { ACCESS } from './rows/access.js'
import { ADDRESSES } from './rows/addresses.js'
import { ANSWERS } from './rows/answers.js'
import { API_KEY_ROWS } from './rows/api-keys.js'
import { AUDIT } from './rows/audit.js'
import { BOUND } from './rows/bound.js'
import { CERTIFICATES } from './rows/certificates.js'
import { COMPOSE } from './rows/compose.js'
import { CORS, HOSTS, SAME_ORIGIN } from './rows/cross-origin.js'
import { DPOP } from './rows/dpop.js'
import { EDGE } from './rows/edge.js'
import { FEDERATION } from './rows/federation.js'
import { IDENTITY } from './rows/identity.js'
import { INPUT } from './rows/input.js'
import { INTROSPECTION } from './rows/introspection.js'
import { JSON_ROWS } from './rows/json.js'
import { LISTED } from './rows/listed.js'
import { PARTNER } from './rows/partner.js'
import { PRODUCT_ROWS } from './rows/products.js'
import { PROXIES } from './rows/proxies.js'
import { RATE } from './rows/rate.js'
import { EXPIRY, SECURED, WAYS_IN } from './rows/secured.js'
import { LOGOUT, RESOURCE } from './rows/sessions.js'
import { STEP_UP } from './rows/step-up.js'

/** Requests and answers, by theme. */
export const TABLE: readonly (readonly [theme: string, rows: readonly Row[]])[] = [
  ['edge', EDGE],
  ['cors', CORS],
  ['same origin', SAME_ORIGIN],
  ['hosts and methods', HOSTS],
  ['addresses', ADDRESSES],
  ['lists of addresses', LISTED],
  ['proxies', PROXIES],
  ['rate', RATE],
  ['identity', IDENTITY],
  ['dpop', DPOP],
  ['API keys', API_KEY_ROWS],
  ['step-up', STEP_UP],
  ['federation', FEDERATION],
  ['products', PRODUCT_ROWS],
  ['introspection', INTROSPECTION],
  ['a provider over TLS', PARTNER],
  ['certificates', CERTIFICATES],
  ['certificates over TLS', SECURED],
  ['certificates that end', EXPIRY],
  ['tokens bound to a certificate', BOUND],
  ['three ways in', WAYS_IN],
  ['logout', LOGOUT],
  ['resource metadata', RESOURCE],
  ['access', ACCESS],
  ['input', INPUT],
  ['json', JSON_ROWS],
  ['compose', COMPOSE],
  ['answers', ANSWERS],
  ['audit', AUDIT],
]
