import { AUDIT_TRAIL } from './audit.js'
import { BODIES } from './bodies.js'
import { CONNECTIONS } from './connections.js'
import { HOSTILE } from './hostile.js'
import { LIMITS } from './limits.js'
import { MOUNTING } from './mounting.js'
import type { Scenario } from './scenario.js'

/** Several requests, or one in several pieces, by theme. */
export const SCENARIOS: readonly (readonly [theme: string, scenarios: readonly Scenario[]])[] = [
  ['limits over several requests', LIMITS],
  ['mounting', MOUNTING],
  ['connections', CONNECTIONS],
  ['bodies over time', BODIES],
  ['the audit trail', AUDIT_TRAIL],
  ['hostile input', HOSTILE],
]
