export type Claims = Readonly<Record<string, unknown>>

export const READER: Claims = { scope: 'orders:read' }
export const CLERK: Claims = { roles: ['clerk'], scope: 'orders:read', tenant: 'acme' }
export const ADMIN: Claims = { roles: ['admin'], scope: 'orders:read', tenant: 'acme' }

export const ORDER = {
  customerId: '6f1c2f5e-7d0c-4c53-9d06-0d2a2f0e9f11',
  items: [{ sku: 'PEN-001', quantity: 2 }],
} as const
