import { randomUUID } from 'node:crypto'
import type { Idp } from '@wardline/test-kit'

export type Claims = Readonly<Record<string, unknown>>

export const READER: Claims = { scope: 'orders:read' }
export const CLERK: Claims = { roles: ['clerk'], scope: 'orders:read', tenant: 'acme' }
export const ADMIN: Claims = { roles: ['admin'], scope: 'orders:read', tenant: 'acme' }

/** A token of the provider's for a caller that nobody else is: no test spends another's quota. */
export const tokenFor = (idp: Idp, claims: Claims = {}, header: Claims = {}): Promise<string> =>
  idp.sign({ sub: `caller-${randomUUID()}`, ...claims }, header)

export const ORDER = {
  customerId: '6f1c2f5e-7d0c-4c53-9d06-0d2a2f0e9f11',
  items: [{ sku: 'PEN-001', quantity: 2 }],
} as const
