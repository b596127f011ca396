/** JSON Schema of a payment. */
export const PAYMENT = {
  type: 'object',
  properties: {
    amount: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    to: { type: 'string', minLength: 1, maxLength: 64 },
  },
  required: ['amount', 'to'],
  additionalProperties: false,
} as const
