import { redisStores } from '@wardline/redis'
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
  type RateLimitStore,
  rateLimit,
  requireRole,
  requireScope,
  responseHeaders,
  validate,
  wellFormed,
} from 'wardline'
import type { OrdersConfig } from './config.js'
import { NEW_ORDER, type Orders } from './orders.js'
import { sharedRedis } from './redis.js'

const MINUTE = 60_000

/**
 * Who may do what. The same for every framework: the two services differ in how they mount it, not in what it says.
 *
 * The limits stand before the refusals, so that every answer of the guard carries them and every refusal counts; both
 * are taken together, when the request is decided. A stranger is refused as one before its request is read any closer.
 */
export function ordersPolicies(
  { issuer, jwksUri, audience }: OrdersConfig,
  orders: Orders,
  { limits: store }: Pick<OrdersSettings, 'limits'>,
) {
  return {
    everyone: all(
      responseHeaders(),
      rateLimit({ name: 'address', limit: 300, windowMs: MINUTE, store }),
      jwt({ issuer, audience, jwksUri }),
      rateLimit({ name: 'principal', limit: 100, windowMs: MINUTE, key: byPrincipal, store }),
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

/** What a process of the service has, beside its policies. */
export interface OrdersSettings {
  /** For `createGuard()`: the audit trail, and the one rule for the client's address. */
  readonly guards: { readonly audit: ClosableAuditTrail; readonly clientAddress: ClientAddressRule }
  /** Where limits are counted; undefined: in this process. */
  readonly limits: RateLimitStore | undefined
  /** Lets go of what it holds, once the service has stopped. */
  readonly close: () => Promise<void>
}

export function ordersSettings({ auditLog, trustedProxies, redis }: OrdersConfig): OrdersSettings {
  const audit = auditTrail({ sink: jsonLines(auditLog === undefined ? {} : { path: auditLog }) })
  const shared = redis === undefined ? undefined : sharedRedis(redis)
  return {
    guards: { audit, clientAddress: clientAddress({ trustedProxies }) },
    limits: shared && redisStores({ client: shared.client }).rateLimits,
    close: async () => {
      shared?.close()
      await audit.close()
    },
  }
}
