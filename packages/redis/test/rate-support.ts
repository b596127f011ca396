import { setTimeout as pause } from 'node:timers/promises'
import { type RedisServer, redisServer } from '@wardline/test-kit'
import { afterEach } from 'vitest'
import type { BucketRequest, BucketState, ConcurrencyRule, FixedWindowRule, LimitRule } from 'wardline'
import { RedisLink, type RedisLinkOptions } from '../src/link.js'
import { type At, single } from './clients.js'

const ends: (() => unknown)[] = []

/** What a test opens ends with it, the last first. */
export const ending = <T>(value: T, end: (value: T) => unknown): T => {
  ends.push(() => end(value))
  return value
}

/** To be called once by each file of tests. */
export function setUp(): void {
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
}

export const serve = async (options: Parameters<typeof redisServer>[0] = {}): Promise<RedisServer> =>
  ending(await redisServer(options), (server) => server.stop())

export function linkTo(at: At, kind = 'ioredis', options: Omit<RedisLinkOptions, 'client'> = {}): RedisLink {
  const { client } = ending(single[kind]!(at), ({ close }) => close())
  return new RedisLink({ client, ...options })
}

export const MINUTE = 60_000

/** A rule of each algorithm that lets `limit` through, in a window that no test outlives. */
export const RULES: Readonly<Record<string, (limit: number) => LimitRule>> = {
  'token bucket': (limit) => bucketRule({ limit, windowMs: 60 * MINUTE, burst: limit }),
  'sliding window': (limit) => ({ id: `s:${limit}`, algorithm: 'sliding-window', limit, windowMs: 60 * MINUTE }),
  'fixed window': (limit) => fixedRule({ limit, window: 60 * MINUTE, aligned: false }),
  'quota by the year': (limit) => fixedRule({ limit, window: 'year', aligned: true }),
  concurrency: (limit) => placesRule({ limit, leaseMs: MINUTE }),
}

export const bucketRule = (size: {
  readonly limit: number
  readonly windowMs: number
  readonly burst?: number
  readonly debt?: number
}): LimitRule => {
  const { limit, windowMs, burst = limit, debt = 0 } = size
  return { id: `b:${limit}/${windowMs}/${burst}/${debt}`, algorithm: 'token-bucket', limit, windowMs, burst, debt }
}

export const fixedRule = (size: Omit<FixedWindowRule, 'id' | 'algorithm'>): LimitRule => ({
  id: `f:${Object.values(size).join('/')}`,
  algorithm: 'fixed-window',
  ...size,
})

export const placesRule = (size: Omit<ConcurrencyRule, 'id' | 'algorithm'>): ConcurrencyRule => ({
  id: `c:${size.limit}/${size.leaseMs}`,
  algorithm: 'concurrency',
  ...size,
})

export const ask = (rule: LimitRule, key = 'alice', cost = 1): BucketRequest => ({ rule, key, cost })

/** Whether a request was let in. */
export const isIn = (states: readonly BucketState[]): boolean => states.every(({ allowed }) => allowed)

/** How many were let in. */
export const admitted = (answers: readonly (readonly BucketState[])[]): number => answers.filter(isIn).length

/** Waits until it is so. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 15_000
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`)
    await pause(10)
  }
}
