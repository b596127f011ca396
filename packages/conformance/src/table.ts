import type { Row } from './row.js'
import { ACCESS } from './rows/access.js'
import { ADDRESSES } from './rows/addresses.js'
import { ANSWERS } from './rows/answers.js'
import { AUDIT } from './rows/audit.js'
import { COMPOSE } from './rows/compose.js'
import { EDGE } from './rows/edge.js'
import { IDENTITY } from './rows/identity.js'
import { INPUT } from './rows/input.js'
import { JSON_ROWS } from './rows/json.js'
import { RATE } from './rows/rate.js'

/** Requests and answers, by theme. */
export const TABLE: readonly (readonly [theme: string, rows: readonly Row[]])[] = [
  ['edge', EDGE],
  ['addresses', ADDRESSES],
  ['rate', RATE],
  ['identity', IDENTITY],
  ['access', ACCESS],
  ['input', INPUT],
  ['json', JSON_ROWS],
  ['compose', COMPOSE],
  ['answers', ANSWERS],
  ['audit', AUDIT],
]
