import { API_KEY_SCENARIOS } from './api-keys.js'
import { AUDIT_TRAIL } from './audit.js'
import { BODIES } from './bodies.js'
import { CONNECTIONS } from './connections.js'
import { PREFLIGHTS } from './cross-origin.js'
import { DPOP_SCENARIOS } from './dpop.js'
import { HOSTILE } from './hostile.js'
import { LIMITS } from './limits.js'
import { LISTED_SCENARIOS } from './listed.js'
import { MOUNTING } from './mounting.js'
import { OUTAGES } from './outage.js'
import { PROXY_SCENARIOS } from './proxies.js'
import type { Scenario } from './scenario.js'
import { SESSION_SCENARIOS } from './sessions.js'
import { SHEDDING } from './shed.js'
import { TLS_SCENARIOS } from './tls.js'
import { TRAFFIC } from './traffic.js'

/** Several requests, or one in several pieces, by theme. */
export const SCENARIOS: readonly (readonly [theme: string, scenarios: readonly Scenario[]])[] = [
  ['limits over several requests', LIMITS],
  ['API keys and step-up over time', API_KEY_SCENARIOS],
  ['mounting', MOUNTING],
  ['connections', CONNECTIONS],
  ['lists of addresses over time', LISTED_SCENARIOS],
  ['preflights', PREFLIGHTS],
  ['bodies over time', BODIES],
  ['the audit trail', AUDIT_TRAIL],
  ['hostile input', HOSTILE],
  ['proxies over several requests', PROXY_SCENARIOS],
  ['sessions', SESSION_SCENARIOS],
  ['dpop', DPOP_SCENARIOS],
  ['keys and outages', OUTAGES],
  ['load that is shed', SHEDDING],
  ['traffic', TRAFFIC],
  ['TLS that is renewed', TLS_SCENARIOS],
]
