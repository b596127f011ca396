export const NEW_ORDER = {
  type: 'object',
  properties: {
    customerId: { type: 'string', format: 'uuid' },
    items: {
      type: 'array',
      minItems: 1,
      maxItems: 3,
      items: {
        type: 'object',
        properties: {
          sku: { type: 'string', pattern: '^[A-Z0-9-]{3,20}$' },
          quantity: { type: 'integer', minimum: 1, maximum: 100 },
        },
        required: ['sku', 'quantity'],
      },
    },
    note: { type: 'string', maxLength: 20 },
  },
  required: ['customerId', 'items'],
} as const

export const SEARCH = {
  properties: {
    page: { type: 'integer', minimum: 1, maximum: 100 },
    open: { type: 'boolean' },
    text: { type: 'string', maxLength: 20 },
    sku: { type: 'array', items: { type: 'string' }, maxItems: 2 },
  },
} as const

/** Whatever is JSON: only the bounds of the reader apply. */
export const WHATEVER = true
