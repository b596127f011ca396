import type { Outcome } from '../../src/audit/event.js'
import { allow } from '../../src/decision.js'
import type { AuditEvent } from '../../src/service.js'
import { contextFor, type TestRequest } from '../support/context.js'

/** What a mount knows of an anonymous request that was allowed. */
export const outcomeOf = (rest: Partial<Outcome> = {}, request: TestRequest = {}): Outcome => ({
  ctx: contextFor(request),
  decision: allow(),
  policy: 'orders',
  status: 200,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  arrivedMs: 1_700_000_000_000,
  endedMs: 1_700_000_000_012,
  notices: undefined,
  ...rest,
})

/** An event as `auditEvent` makes it, told from others by its path. */
export const eventAt = (path: string, rest: Partial<AuditEvent> = {}): AuditEvent => ({
  time: '2023-11-14T22:13:20.000Z',
  event: 'authz_fail',
  decision: 'deny',
  code: 'role_missing',
  kind: 'forbidden',
  guard: 'requireRole(admin)',
  method: 'GET',
  path,
  status: 403,
  client: '203.0.113.7',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  durationMs: 3,
  ...rest,
})
