import { randomUUID } from 'node:crypto'

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
}

export const SAMPLE_ORDER = {
  customerId: '5f0c9a52-3f7a-4c5e-9d64-0f3c1f6f2b11',
  items: [
    { sku: 'CHAIR-OAK-01', quantity: 4 },
    { sku: 'TABLE-OAK-02', quantity: 1 },
    { sku: 'LAMP-BRASS', quantity: 2 },
  ],
  note: 'Please ring twice; the bell is quiet.',
}

const stored = { id: 'o-1', ...SAMPLE_ORDER, tenant: 'tenant-1' }

/** What the handlers of every service do. */
export const findOrder = (id) => ({ ...stored, id })
export const createOrder = (order) => ({ id: randomUUID(), ...order })

/** The limits of every service: high enough never to refuse here, low enough to be counted as any other. */
export const LIMIT = 1_000_000
export const WINDOW_MS = 60_000
