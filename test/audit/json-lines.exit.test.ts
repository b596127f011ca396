import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
