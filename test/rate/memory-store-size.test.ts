import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { memoryStore, rateLimit } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { decideNow } from '../support/guards.js'

const KEYS = 50_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function memoryInUse(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Of 15 characters: engines copy a short part of a string, and refer to the whole for a longer one. */
const address = (i: number) =>
  `203.${100 + Math.floor(i / 22_500)}.${100 + (Math.floor(i / 150) % 150)}.${100 + (i % 150)}`

test.each<readonly [string, (i: number) => string]>([
  ['an address', address],
  [
    'the last of a long forwarding field',
    (i) => `${i}, ${'198.51.100.1, '.repeat(200)}${address(i)}`.split(', ').at(-1)!,
  ],
])('a bucket for %s costs at most 160 bytes', (_key, keyOf) => {
  const guard = rateLimit({ limit: 10, windowMs: 86_400_000 })
  const ask = (i: number) => decideNow(guard, contextFor({ client: keyOf(i) }))
  ask(0)
  const before = memoryInUse()
  for (let i = 1; i < KEYS; i++) ask(i)
  expect((memoryInUse() - before) / KEYS).toBeLessThan(160)
  expect(ask(1)).toMatchObject({
    allowed: true,
    headers: [expect.anything(), ['ratelimit', expect.stringContaining(';r=8;')]],
  })
})

test('a store costs next to nothing before it is used, whatever its bound', () => {
  const before = memoryInUse()
  const stores = Array.from({ length: 100 }, () => memoryStore({ maxKeys: 8_000_000 }))
  expect((memoryInUse() - before) / stores.length).toBeLessThan(8_000)
})
