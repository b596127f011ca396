import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { jsonLinesIn, runChild } from './child.js'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wardline-audit-'))
  path = join(folder, 'audit.log')
})
afterEach(() => rm(folder, { recursive: true }))

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `/${i}`)
const pathsIn = (text: string) => jsonLinesIn(text).flatMap((line) => ('path' in line ? [line.path] : []))

/** More than a pipe holds. */
const MANY = 3_000
const RECORD = `for (let i = 0; i < ${MANY}; i++) sink.write(eventAt('/' + i))`

describe('a process that ends right after it recorded loses nothing', () => {
  const endings: readonly (readonly [label: string, script: string, code: number])[] = [
    ['by itself', RECORD, 0],
    ['by process.exit()', `${RECORD}; process.exit(3)`, 3],
    [
      'by process.exit() with a batch in flight',
      `${RECORD}; await sleep(1); sink.write(eventAt('/x')); process.exit(3)`,
      3,
    ],
    ['by an exception', `${RECORD}; throw new Error('boom')`, 1],
    ['by a rejection', `${RECORD}; Promise.reject(new Error('boom'))`, 1],
    ['after close', `${RECORD}; await sink.close()`, 0],
  ]

  test.each(endings)('to a file, %s', async (_label, script, code) => {
    const child = await runChild(`const sink = jsonLines({ path: ${JSON.stringify(path)}, flushMs: 0 }); ${script}`)
      .exited
    expect(child.code).toBe(code)
    const found = pathsIn(readFileSync(path, 'utf8'))
    expect(found.filter((at) => at !== '/x').sort()).toEqual(numbered(MANY).sort())
    expect(found.includes('/x')).toBe(script.includes('/x'))
  })

  // what is in flight in the stream itself is lost with the process
  test.each(endings.filter(([label]) => !label.includes('flight')))(
    'to standard output, %s',
    async (_label, script, code) => {
      const child = await runChild(`const sink = jsonLines(); ${script}`).exited
      expect(child.code).toBe(code)
      expect(pathsIn(child.stdout)).toEqual(numbered(MANY))
    },
  )

  test('and is not held up by timers once it has closed', async () => {
    const { code, stderr } = await runChild(`
      const sink = jsonLines({ path: ${JSON.stringify(path)} })
      ${RECORD}
      await sink.close()
      const closedAt = performance.now()
      process.on('exit', () => report(performance.now() - closedAt))
    `).exited
    expect(code).toBe(0)
    expect(Number(stderr)).toBeLessThan(1_000)
  })
})

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
    await vi.waitUntil(() => child.stderr().includes('stalled'), { timeout: 10_000 })
    const [{ longest, stalled }] = jsonLinesIn(child.stderr()) as [{ longest: number; stalled: { dropped: number } }]
    expect(longest).toBeLessThan(500)
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
    await vi.waitUntil(() => child.stderr().includes('took'), { timeout: 10_000 })
    const [{ took, counts }] = jsonLinesIn(child.stderr()) as [{ took: number; counts: { dropped: number } }]
    expect(took).toBeGreaterThan(1_900)
    expect(took).toBeLessThan(4_000)
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

describe.skipIf(!existsSync('/dev/full'))('a destination that is full', () => {
  test('does not keep a process from ending', async () => {
    const script = `
      const sink = jsonLines({ path: '/dev/full', flushMs: 0 })
      ${RECORD}
      process.on('exit', () => report(process.uptime()))
    `
    const { code, stderr } = await runChild(script).exited
    expect(code).toBe(0)
    expect(stderr.split('\n')[0]).toMatch(/^wardline: the audit log cannot be written: ENOSPC/)
  })
})
