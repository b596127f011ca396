import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { buildSync } from 'esbuild'
import { describe, expect, test, vi } from 'vitest'
import { shed } from '../../src/index.js'
import { perfHooksMonitor } from '../../src/rate/shed-monitor.js'
import { decideNow } from '../support/guards.js'
import { held } from './held-loop.js'

/** Does what a handler should not. */
function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const ask = (guard: ReturnType<typeof shed>): boolean => {
  const { ctx, finish } = held()
  const { allowed } = decideNow(guard, ctx) as { readonly allowed: boolean }
  finish()
  return allowed
}

describe('an event loop that is really blocked', () => {
  test.each([
    ['in turns longer than the interval of samples, by its delay', { maxEventLoopDelayMs: 100 }, 300],
    ['in short turns, by its delay', { maxEventLoopDelayMs: 10 }, 40],
    ['in short turns, by its utilization', { maxEventLoopUtilization: 0.8 }, 20],
  ])('%s, refuses, and recovers by itself', async (_how, options, ms) => {
    const guard = shed(options)
    expect(ask(guard)).toBe(true)
    for (let turns = 0; turns < 500 && ask(guard); turns++) {
      block(ms)
      await turn()
    }
    expect(ask(guard)).toBe(false)
    await vi.waitFor(() => expect(ask(guard)).toBe(true), { timeout: 15_000 })
  })
})

test('what was before the measuring began is not counted', async () => {
  const monitor = perfHooksMonitor()
  monitor.start()
  await pause(15) // one tick or two, from which the next is counted
  monitor.stop()
  block(1_500)
  monitor.start()
  let { delayMs } = monitor.read()
  for (let tries = 0; tries < 20 && delayMs === 0; tries++) {
    await pause(5)
    delayMs = monitor.read().delayMs
  }
  monitor.stop()
  expect(delayMs).toBeLessThan(500)
})

test('a process that has nothing else to do ends', () => {
  const entry = join(import.meta.dirname, '../../src/rate/shed.ts')
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  })
  const script = `${outputFiles[0]!.text}
    const guard = shed({ maxEventLoopDelayMs: 100, maxEventLoopUtilization: 0.9 })
    const { allowed } = guard.check({ path: '/', onFinished: () => {} }, {})
    const waitsFor = process.getActiveResourcesInfo().filter((name) => name === 'Timeout')
    console.log(JSON.stringify({ allowed, waitsFor }))
  `
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: {},
    timeout: 15_000,
  })
  expect(child.stderr).toBe('')
  expect(JSON.parse(child.stdout)).toEqual({ allowed: true, waitsFor: [] })
  expect(child.status).toBe(0)
})
