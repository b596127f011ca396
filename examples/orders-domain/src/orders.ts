import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { FromSchema } from 'wardline'

/** JSON Schema of a new order. */
export const NEW_ORDER = {
  type: 'object',
  properties: {
    customerId: { type: 'string', format: 'uuid' },
    items: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        properties: {
          sku: { type: 'string', pattern: '^[A-Z0-9-]{3,20}$' },
          quantity: { type: 'integer', minimum: 1, maximum: 100 },
        },
        required: ['sku', 'quantity'],
        additionalProperties: false,
      },
    },
    note: { type: 'string', maxLength: 500 },
  },
  required: ['customerId', 'items'],
  additionalProperties: false,
} as const

export type NewOrder = FromSchema<typeof NEW_ORDER>

export interface Order extends NewOrder {
  readonly id: string
  /** Of whoever created it; undefined where that principal has none. */
  readonly tenant: string | undefined
}

const MAX_ORDERS = 10_000

/** Orders in memory. Beyond the bound the oldest are forgotten: this is an example, not a database. */
export class Orders {
  readonly #byId = new LRUCache<string, Order>({ max: MAX_ORDERS })

  create(order: NewOrder, tenant: string | undefined): Order {
    const created = { id: randomUUID(), ...order, tenant }
    this.#byId.set(created.id, created)
    return created
  }

  find(id: unknown): Order | undefined {
    return typeof id === 'string' ? this.#byId.get(id) : undefined
  }

  delete(id: string): void {
    this.#byId.delete(id)
  }
}
