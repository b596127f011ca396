import {
  all,
  auditTrail,
  byPrincipal,
  jsonLines,
  jwt,
  rateLimit,
  requireRole,
  requireScope,
  responseHeaders,
  validate,
  wellFormed,
} from 'wardline'
import { AUDIENCE } from '../lib/issuer.mjs'
import { AUDIT_LOG } from './child.mjs'
import { LIMIT, NEW_ORDER, WINDOW_MS } from './orders.mjs'

/** All five rooms, as examples/orders has them. */
export const policies = (issuer) => ({
  everyone: all(
    responseHeaders(),
    rateLimit({ name: 'address', limit: LIMIT, windowMs: WINDOW_MS }),
    jwt({ issuer, audience: AUDIENCE }),
    rateLimit({ name: 'principal', limit: LIMIT, windowMs: WINDOW_MS, key: byPrincipal }),
    wellFormed(),
  ),
  readOrder: requireScope('orders:read'),
  createOrder: all(requireRole('clerk', 'admin'), validate({ body: NEW_ORDER }, { maxBodyBytes: 64 * 1024 })),
})

export const trail = auditTrail({ sink: jsonLines({ path: AUDIT_LOG }) })
