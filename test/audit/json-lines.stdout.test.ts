import { once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { jsonLinesIn, runChild } from './child.js'

const eventually = (holds: () => boolean) => vi.waitUntil(holds, { timeout: 10_000 })

const pathsIn = (text: string) => jsonLinesIn(text).flatMap((line) => ('path' in line ? [line.path] : []))

describe('standard output whose reader stalls', () => {
  test('holds nobody up; what does not fit is dropped, counted and told', async () => {
    const child = runChild(
      `
      const sink = jsonLines({ flushMs: 0, maxQueueBytes: 65536 })
      let longest = 0
      for (let i = 0; i < 20_000; i++) {
        const before = performance.now()
        sink.write(eventAt('/' + i))
        if (i % 100 === 99) await new Promise(setImmediate)
        longest = Math.max(longest, performance.now() - before)
      }
      report({ longest, stalled: sink.counts() })
      process.stdin.once('data', async () => {
        await sink.close()
        report({ closed: sink.counts() })
        process.exit()
      })
      `,
      'later',
    )
    await eventually(() => child.stderr().includes('stalled'))
    const [{ longest, stalled }] = jsonLinesIn(child.stderr()) as [{ longest: number; stalled: { dropped: number } }]
    expect(longest).toBeLessThan(2_000)
    expect(stalled.dropped).toBeGreaterThan(10_000)

    let stdout = ''
    child.process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    const ended = once(child.process.stdout!, 'end')
    child.process.stdin!.write('\n')
    await Promise.all([child.exited, ended])
    const { closed } = jsonLinesIn(child.stderr())[1] as { closed: { written: number; dropped: number } }
    const found = pathsIn(stdout)
    expect(closed).toEqual({ written: found.length, dropped: 20_000 - found.length })
    expect(new Set(found).size).toBe(found.length)
    const told = jsonLinesIn(stdout).map((line) => Number(line.dropped ?? 0))
    expect(told.reduce((sum, count) => sum + count)).toBe(closed.dropped)
  })

  test('is given up by close after two seconds, and may leave afterwards', async () => {
    const child = runChild(
      `
      const sink = jsonLines({ flushMs: 0 })
      for (let i = 0; i < 10_000; i++) sink.write(eventAt('/' + i))
      const before = performance.now()
      await sink.close()
      sink.write(eventAt('/late'))
      report({ took: performance.now() - before, counts: sink.counts() })
      process.stdin.once('data', () => setTimeout(() => process.exit(7), 300))
      `,
      'later',
    )
    await eventually(() => child.stderr().includes('took'))
    const [told, ...reported] = child.stderr().split('\n')
    expect(told).toBe('wardline: the audit log cannot be written: 10000 events were given up when it was closed')
    const [{ took, counts }] = jsonLinesIn(reported.join('\n')) as [{ took: number; counts: { dropped: number } }]
    expect(took).toBeGreaterThan(1_900)
    expect(took).toBeLessThan(5_000)
    expect(counts).toEqual({ written: 0, dropped: 10_001 })
    child.process.stdout!.destroy()
    child.process.stdin!.write('\n')
    expect(await child.exited).toMatchObject({ code: 7 })
  })
})

describe.concurrent('standard output whose reader is gone', () => {
  const script = `
    const errors = []
    const sink = jsonLines({ flushMs: 0, onError: (error) => errors.push(error.code) })
    process.stdin.once('data', async () => {
      for (let i = 0; i < 50; i++) {
        sink.write(eventAt('/' + i))
        await sleep(25)
      }
      await sink.close()
      report({ errors, counts: sink.counts() })
      process.exit(7)
    })
  `

  test('does not end the process, and is told once', async () => {
    const child = runChild(script, 'later')
    child.process.stdout!.destroy()
    child.process.stdin!.write('\n')
    const { code, stderr } = await child.exited
    expect(jsonLinesIn(stderr)).toEqual([{ errors: ['EPIPE'], counts: { written: 0, dropped: 50 } }])
    expect(code).toBe(7)
  })

  test('is told by one line on standard error, unless somebody asks', async () => {
    const child = runChild(script.replace(', onError: (error) => errors.push(error.code)', ''), 'later')
    child.process.stdout!.destroy()
    child.process.stdin!.write('\n')
    const { code, stderr } = await child.exited
    expect(stderr.split('\n')[0]).toMatch(/^wardline: the audit log cannot be written: .*EPIPE/)
    expect(stderr.match(/wardline:/g)).toHaveLength(1)
    expect(code).toBe(7)
  })

  test('and standard error too', async () => {
    const quiet = script.replace(', onError: (error) => errors.push(error.code)', '').replace(/report\(.*\)/, '')
    const child = runChild(quiet, 'later')
    child.process.stdout!.destroy()
    child.process.stderr!.destroy()
    child.process.stdin!.write('\n')
    expect(await child.exited).toMatchObject({ code: 7 })
  })
})
