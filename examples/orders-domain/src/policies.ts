import {
  all,
  auditTrail,
  authorize,
  byPrincipal,
  type ClientAddressRule,
  type ClosableAuditTrail,
  clientAddress,
  jsonLines,
  jwt,
  rateLimit,
  requireRole,
  requireScope,
  responseHeaders,
  validate,
  wellFormed,
} from 'wardline'
import type { OrdersConfig } from './config.js'
import { NEW_ORDER, type Orders } from './orders.js'

const MINUTE = 60_000

/**
 * Who may do what. The same for every framework: the two services differ in how they mount it, not in what it says.
 *
 * The limits stand before the refusals, so that every answer of the guard carries them and every refusal counts; both
 * are taken together, when the request is decided. A stranger is refused as one before its request is read any closer.
 */
export function ordersPolicies({ issuer, jwksUri, audience }: OrdersConfig, orders: Orders) {
  return {
    everyone: all(
      responseHeaders(),
      rateLimit({ name: 'address', limit: 300, windowMs: MINUTE }),
      jwt({ issuer, audience, jwksUri }),
      rateLimit({ name: 'principal', limit: 100, windowMs: MINUTE, key: byPrincipal }),
      wellFormed(),
    ),
    readOrder: requireScope('orders:read'),
    createOrder: all(requireRole('clerk', 'admin'), validate({ body: NEW_ORDER }, { maxBodyBytes: 64 * 1024 })),
    deleteOrder: all(
      requireRole('admin'),
      authorize({
        action: 'orders:delete',
        resource: (ctx) => orders.find(ctx.params.id),
        decide: ({ principal, resource }) => principal.tenant === resource.tenant,
      }),
    ),
  }
}

/** The audit trail of the service, and its one rule for the client's address. */
export function ordersSettings({ auditLog, trustedProxies }: OrdersConfig): {
  readonly audit: ClosableAuditTrail
  readonly clientAddress: ClientAddressRule
} {
  return {
    audit: auditTrail({ sink: jsonLines(auditLog === undefined ? {} : { path: auditLog }) }),
    clientAddress: clientAddress({ trustedProxies }),
  }
}
