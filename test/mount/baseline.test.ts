import { expect, test } from 'vitest'
import { describe } from '../../src/index.js'
import { baseline, Mount } from '../../src/mount/index.js'
import { exchangeFor } from '../support/exchange.js'

test('is security headers, a limit by client address, and no ambiguous requests, in this order', () =>
  expect(describe(baseline())).toMatchObject({
    combines: 'all',
    parts: [
      { name: 'responseHeaders' },
      { name: 'rateLimit(baseline)', requires: { limit: 300, windowMs: 60_000 } },
      { name: 'wellFormed' },
    ],
  }))

test('counts refused requests, and sends its headers with every answer', async () => {
  const mount = new Mount(baseline())
  const codes: unknown[] = []
  for (let request = 0; request < 301; request++) {
    const decision = await mount.decide(exchangeFor({}, { path: '/a//b' }).exchange)
    codes.push(decision.allowed || decision.code)
    expect(decision.headers).toContainEqual(['x-content-type-options', 'nosniff'])
    expect(decision.headers).toContainEqual(['x-powered-by', undefined])
  }
  expect(codes.slice(0, 300).every((code) => code === 'ambiguous_path')).toBe(true)
  expect(codes[300]).toBe('rate_limited')
  expect(await mount.decide(exchangeFor({}, { client: '203.0.113.8' }).exchange)).toMatchObject({ allowed: true })
})

test('two baselines count apart', async () => {
  const [one, two] = [new Mount(baseline()), new Mount(baseline())]
  for (let request = 0; request < 300; request++) await one.decide(exchangeFor().exchange)
  expect(await one.decide(exchangeFor().exchange)).toMatchObject({ kind: 'exhausted', code: 'rate_limited' })
  expect(await two.decide(exchangeFor().exchange)).toMatchObject({ allowed: true })
})
