import type { Row } from './row.js'
import { ACCESS } from './rows/access.js'
import { ADDRESSES } from './rows/addresses.js'
import { ANSWERS } from './rows/answers.js'
import { API_KEY_ROWS } from './rows/api-keys.js'
import { AUDIT } from './rows/audit.js'
import { CERTIFICATES } from './rows/certificates.js'
import { COMPOSE } from './rows/compose.js'
import { DPOP } from './rows/dpop.js'
import { EDGE } from './rows/edge.js'
import { FEDERATION } from './rows/federation.js'
import { IDENTITY } from './rows/identity.js'
import { INPUT } from './rows/input.js'
import { INTROSPECTION } from './rows/introspection.js'
import { JSON_ROWS } from './rows/json.js'
import { RATE } from './rows/rate.js'
import { LOGOUT, RESOURCE } from './rows/sessions.js'
import { STEP_UP } from './rows/step-up.js'

/** Requests and answers, by theme. */
export const TABLE: readonly (readonly [theme: string, rows: readonly Row[]])[] = [
  ['edge', EDGE],
  ['addresses', ADDRESSES],
  ['rate', RATE],
  ['identity', IDENTITY],
  ['dpop', DPOP],
  ['API keys', API_KEY_ROWS],
  ['step-up', STEP_UP],
  ['federation', FEDERATION],
  ['introspection', INTROSPECTION],
  ['certificates', CERTIFICATES],
  ['logout', LOGOUT],
  ['resource metadata', RESOURCE],
  ['access', ACCESS],
  ['input', INPUT],
  ['json', JSON_ROWS],
  ['compose', COMPOSE],
  ['answers', ANSWERS],
  ['audit', AUDIT],
]
