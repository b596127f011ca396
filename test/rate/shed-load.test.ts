import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PriorityClass, ShedOptions } from '../../src/index.js'
import { shedBy } from '../../src/rate/shed.js'
import { decideNow } from '../support/guards.js'
import { HeldLoop, held } from './held-loop.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const SAMPLE_MS = 250

function guarded(options: Partial<ShedOptions>) {
  const loop = new HeldLoop()
  const guard = shedBy(() => loop, {
    priority: ({ path }) => path.slice(1) as PriorityClass,
    exempt: '/healthz',
    ...options,
  })
  const ask = (name: PriorityClass | 'healthz' = 'default') => {
    const { ctx, finish } = held({ path: `/${name}` })
    const answer = decideNow(guard, ctx) as { readonly allowed: boolean; readonly cause?: Error }
    finish()
    return answer
  }
  /** Lets so many samples pass, while requests come. */
  const samples = (count: number, reading: Partial<HeldLoop['reading']>) => {
    loop.reading = { delayMs: 0, utilization: 0, ...reading }
    for (let i = 0; i < count; i++) {
      ask('critical')
      vi.advanceTimersByTime(SAMPLE_MS)
    }
    return guard.load().refusing
  }
  return { loop, guard, ask, samples }
}

const ALL = ['critical', 'default', 'sheddable'] as const

/** Enough for the smoothed value to be what is measured, to a thousandth. */
const LONG = 20

describe.each([
  ['the delay of the event loop', { maxEventLoopDelayMs: 100 }, 'delayMs', 100, /too late/],
  ['its utilization', { maxEventLoopUtilization: 0.9 }, 'utilization', 0.9, /too busy/],
] as const)('by %s', (_what, options, member, maximum, cause) => {
  test.each([
    ['nothing', 0, []],
    ['just below the share of sheddable', 0.69, []],
    ['the share of sheddable', 0.71, ['sheddable']],
    ['just below the share of default', 0.89, ['sheddable']],
    ['the share of default', 0.91, ['default', 'sheddable']],
    ['just below the maximum', 0.99, ['default', 'sheddable']],
    ['above the maximum', 1.01, ALL],
  ])('%s refuses the classes that have less', (_load, part, refused) => {
    const { ask, samples } = guarded(options)
    expect(samples(LONG, { [member]: part * maximum })).toEqual(refused)
    for (const name of ALL) expect(ask(name).allowed, name).toBe(!(refused as readonly string[]).includes(name))
  })

  test('the reason is told to the operator', () => {
    const { ask, samples } = guarded(options)
    samples(LONG, { [member]: 1.1 * maximum })
    expect(ask('default').cause?.message).toMatch(cause)
  })

  test('a class that is refused stays so until the load has fallen well below its share', () => {
    const { samples } = guarded(options)
    expect(samples(LONG, { [member]: 0.75 * maximum })).toEqual(['sheddable'])
    expect(samples(LONG, { [member]: 0.65 * maximum })).toEqual(['sheddable'])
    expect(samples(LONG, { [member]: 0.57 * maximum })).toEqual(['sheddable'])
    expect(samples(LONG, { [member]: 0.55 * maximum })).toEqual([])
    expect(samples(LONG, { [member]: 0.65 * maximum })).toEqual([])
  })

  test('load around a share does not make it flap', () => {
    const { samples } = guarded(options)
    samples(LONG, { [member]: 0.75 * maximum })
    const seen = new Set<string>()
    for (let i = 0; i < 40; i++) seen.add(samples(1, { [member]: (i % 2 === 0 ? 0.6 : 0.8) * maximum }).join())
    expect([...seen]).toEqual(['sheddable'])
  })

  test('all classes are served again once the load is over', () => {
    const { samples } = guarded(options)
    expect(samples(LONG, { [member]: 3 * maximum })).toEqual(ALL)
    expect(samples(8, {})).toEqual([])
  })

  test('nothing is refused before it is measured', () => {
    const { loop, ask } = guarded(options)
    loop.reading = { delayMs: 1e6, utilization: 1 }
    expect(ask('sheddable').allowed).toBe(true)
  })
})

describe('smoothing', () => {
  test.each([1_000, 60_000, 3_600_000, Number.MAX_VALUE])('one stall, of %d ms, refuses nobody', (delayMs) => {
    const { samples } = guarded({ maxEventLoopDelayMs: 100 })
    samples(4, {})
    expect(samples(1, { delayMs })).toEqual([])
  })

  test('a load that lasts is met within a second', () => {
    const { samples } = guarded({ maxEventLoopDelayMs: 100 })
    expect(samples(4, { delayMs: 200 })).toEqual(ALL)
  })

  test('and however long a stall lasted, it is over within two', () => {
    const { samples } = guarded({ maxEventLoopDelayMs: 100 })
    samples(LONG, { delayMs: 3_600_000 })
    expect(samples(8, {})).toEqual([])
  })

  test('what is told is what counts', () => {
    const { guard, samples } = guarded({ maxEventLoopDelayMs: 100, maxEventLoopUtilization: 0.9 })
    samples(1, { delayMs: 50, utilization: 0.5 })
    expect(guard.load()).toMatchObject({ eventLoopDelayMs: 15, eventLoopUtilization: 0.15 })
    samples(1, { delayMs: 50, utilization: 0.5 })
    expect(guard.load().eventLoopDelayMs).toBeCloseTo(25.5)
    expect(guard.load().eventLoopUtilization).toBeCloseTo(0.255)
  })
})

describe('sampling', () => {
  test('does not begin before a request comes', () => {
    const { loop } = guarded({ maxEventLoopDelayMs: 100 })
    vi.advanceTimersByTime(60_000)
    expect(loop.asked).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('goes on while requests come, by one timer', () => {
    const { loop, ask, samples } = guarded({ maxEventLoopDelayMs: 100 })
    for (let i = 0; i < 100; i++) ask()
    samples(100, {})
    expect(loop.asked).toEqual(['start', 'read'])
    expect(vi.getTimerCount()).toBe(1)
  })

  test('goes on while all requests are refused', () => {
    const { loop, ask, samples } = guarded({ maxEventLoopDelayMs: 100 })
    samples(LONG, { delayMs: 200 })
    for (let i = 0; i < 100; i++) {
      expect(ask('sheddable').allowed).toBe(false)
      vi.advanceTimersByTime(SAMPLE_MS)
    }
    expect(loop.asked).toEqual(['start', 'read'])
  })

  test('ends when none has come for five seconds, and forgets the load', () => {
    const { guard, loop, samples } = guarded({ maxEventLoopDelayMs: 100, maxEventLoopUtilization: 0.9 })
    expect(samples(LONG, { delayMs: 200, utilization: 1 })).toEqual(ALL)
    vi.advanceTimersByTime(4_750)
    expect(loop.asked).toEqual(['start', 'read'])
    vi.advanceTimersByTime(250)
    expect(loop.asked).toEqual(['start', 'read', 'stop'])
    expect(vi.getTimerCount()).toBe(0)
    expect(guard.load()).toMatchObject({ refusing: [], eventLoopDelayMs: 0, eventLoopUtilization: 0 })
  })

  test('begins again with the next request', () => {
    const { loop, samples } = guarded({ maxEventLoopDelayMs: 100 })
    samples(1, {})
    vi.advanceTimersByTime(60_000)
    expect(samples(LONG, { delayMs: 200 })).toEqual(ALL)
    expect(loop.asked).toEqual(['start', 'read', 'stop', 'start', 'read'])
  })

  test('is not kept up by exempt requests', () => {
    const { loop, ask } = guarded({ maxEventLoopDelayMs: 100 })
    for (let i = 0; i < 100; i++) ask('healthz')
    expect(loop.asked).toEqual([])
  })

  test('is not done for requests in flight alone', () => {
    const { loop, ask } = guarded({ maxInFlight: 10 })
    ask()
    vi.advanceTimersByTime(60_000)
    expect(loop.asked).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})
