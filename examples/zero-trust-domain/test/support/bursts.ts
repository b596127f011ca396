import type { Burst } from '@wardline/test-kit'
import { expect } from 'vitest'

/** The limits of the contract: what may come at once, and how long one of it takes to come back. */
export const ADDRESS = { limit: 300, refillMs: 200 }
export const PRINCIPAL = { limit: 100, refillMs: 600 }

/** All of the quota was let in, and of the rest no more than came back meanwhile. */
export function expectExactly({ admitted, elapsedMs }: Burst<unknown>, { limit, refillMs }: typeof ADDRESS): void {
  expect(admitted).toBeGreaterThanOrEqual(limit)
  expect(admitted).toBeLessThanOrEqual(limit + elapsedMs / refillMs + 1)
}
