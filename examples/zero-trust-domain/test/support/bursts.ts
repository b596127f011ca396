import { expect } from 'vitest'
import type { ServiceAnswer, ServiceRequest, ZeroTrustService } from './zero-trust-service.js'

/** The limits of the contract: what may come at once, and how long one of it takes to come back. */
export const ADDRESS = { limit: 300, refillMs: 200 }
export const PRINCIPAL = { limit: 100, refillMs: 600 }

interface Burst {
  readonly admitted: number
  readonly elapsedMs: number
  readonly answers: readonly ServiceAnswer[]
}

/** As many requests at once as `requests` has. */
export async function burst(service: ZeroTrustService, requests: readonly ServiceRequest[]): Promise<Burst> {
  const startedAt = performance.now()
  const answers = await Promise.all(requests.map((request) => service.send(request)))
  const elapsedMs = performance.now() - startedAt
  return { admitted: answers.filter(({ status }) => status !== 429).length, elapsedMs, answers }
}

export const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i))

/** All of the quota was let in, and of the rest no more than came back meanwhile. */
export function expectExactly({ admitted, elapsedMs }: Burst, { limit, refillMs }: typeof ADDRESS): void {
  expect(admitted).toBeGreaterThanOrEqual(limit)
  expect(admitted).toBeLessThanOrEqual(limit + elapsedMs / refillMs + 1)
}

export const remaining = ({ headers }: ServiceAnswer, name: 'address' | 'principal'): number =>
  Number(new RegExp(`"${name}";r=(\\d+)`).exec(headers.ratelimit ?? '')?.[1])
