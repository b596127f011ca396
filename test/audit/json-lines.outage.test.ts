import { spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type JsonLinesSink, jsonLines } from '../../src/audit/index.js'
import { jsonLinesIn, runChild } from './child.js'
import { eventAt } from './sample.js'

const eventually = (holds: () => boolean) => vi.waitUntil(holds, { timeout: 10_000 })

const pathsIn = (text: string) => jsonLinesIn(text).map((line) => line.path)
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `/${from + i}`)

describe.skipIf(!existsSync('/dev/full'))('a disk that is full', () => {
  test('is told once, tried again and given up by close, which counts what is lost', async () => {
    const errors: unknown[] = []
    const sink = jsonLines({ path: '/dev/full', flushMs: 0, onError: (error) => errors.push(error) })
    for (const at of numbered(10)) sink.write(eventAt(at))
    await eventually(() => errors.length > 0)
    sink.write(eventAt('/10'))
    // long enough for a second try
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(sink.counts()).toEqual({ written: 0, dropped: 0 })
    await sink.close()
    expect(errors).toEqual([expect.objectContaining({ code: 'ENOSPC' })])
    expect(sink.counts()).toEqual({ written: 0, dropped: 11 })
  })

  test('fills the queue to its bound', async () => {
    const sink = jsonLines({ path: '/dev/full', flushMs: 0, maxQueueBytes: 4096, onError: () => {} })
    for (const at of numbered(1_000)) sink.write(eventAt(at))
    await eventually(() => sink.counts().dropped > 900)
    await sink.close()
    expect(sink.counts()).toEqual({ written: 0, dropped: 1_000 })
  })
})

/** A named pipe is a file whose other end can go away and come back. */
describe.skipIf(process.platform === 'win32')('a destination that comes back', () => {
  let folder: string
  let path: string
  let reader: number | undefined
  let errors: Error[]
  let sink: JsonLinesSink | undefined

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wardline-audit-'))
    path = join(folder, 'audit.pipe')
    expect(spawnSync('mkfifo', [path])).toMatchObject({ status: 0 })
    reader = undefined
    sink = undefined
    errors = []
    comeBack()
  })

  afterEach(async () => {
    goAway()
    await sink?.close()
    await rm(folder, { recursive: true })
  })

  const opened = (): JsonLinesSink => {
    sink = jsonLines({ path, flushMs: 0, onError: (error) => errors.push(error) })
    return sink
  }

  function comeBack(): void {
    reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  }

  function goAway(): void {
    if (reader !== undefined) closeSync(reader)
    reader = undefined
  }

  /** Reads until what has come holds `path`. */
  async function readUntil(at: string): Promise<string> {
    const chunk = Buffer.alloc(65_536)
    const chunks: Buffer[] = []
    await vi.waitUntil(
      () => {
        chunks.push(Buffer.from(chunk.subarray(0, readNow(chunk))))
        return Buffer.concat(chunks).includes(`"path":"${at}"`) && chunks.at(-1)!.length === 0
      },
      { interval: 5, timeout: 10_000 },
    )
    return Buffer.concat(chunks).toString()
  }

  function readNow(into: Buffer): number {
    try {
      return readSync(reader!, into)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
      throw error
    }
  }

  test('has every event once and in order', async () => {
    const { write, counts } = opened()
    write(eventAt('/0'))
    expect(pathsIn(await readUntil('/0'))).toEqual(['/0'])
    goAway()
    for (const at of numbered(10, 1)) write(eventAt(at))
    await eventually(() => errors.length > 0)
    for (const at of numbered(10, 11)) write(eventAt(at))
    expect(counts()).toEqual({ written: 1, dropped: 0 })
    comeBack()
    expect(pathsIn(await readUntil('/20'))).toEqual(numbered(20, 1))
    await eventually(() => counts().written === 21)
    expect(errors).toEqual([expect.objectContaining({ code: 'EPIPE' })])
  })

  test('also where it went away in the middle of a line', async () => {
    const { write, counts } = opened()
    // several times what a pipe holds: writing stops in the middle of the batch
    for (const at of numbered(1_000)) write(eventAt(at))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(counts().written).toBe(0)
    goAway()
    await eventually(() => errors.length > 0)
    comeBack()
    expect(pathsIn(await readUntil('/999'))).toEqual(numbered(1_000))
    await eventually(() => counts().written === 1_000)
    expect(errors).toHaveLength(1)
  })

  test('is told again when it goes away again', async () => {
    const { write } = opened()
    for (const outage of [1, 2]) {
      goAway()
      write(eventAt(`/${outage}`))
      await eventually(() => errors.length === outage)
      comeBack()
      expect(pathsIn(await readUntil(`/${outage}`))).toEqual([`/${outage}`])
    }
  })

  test.each([
    ['reads on', () => void readUntil('/999')],
    ['goes away', goAway],
  ])('after close has no more, even if its reader %s', async (_label, happens) => {
    const { write, close, counts } = opened()
    for (const at of numbered(1_000)) write(eventAt(at))
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const at of numbered(10, 1_000)) write(eventAt(at))
    await close()
    // one of them has the descriptor that was the sink's
    const others = numbered(20).map((name) => openSync(join(folder, name), 'a'))
    happens()
    await new Promise((resolve) => setTimeout(resolve, 300))
    for (const fd of others) closeSync(fd)
    for (const name of numbered(20)) expect(readFileSync(join(folder, name), 'utf8')).toBe('')
    expect(counts()).toEqual({ written: 0, dropped: 1_010 })
    expect(errors).toEqual([new Error('1010 events were given up when it was closed')])
  })

  test('ahead of the next try has them from close', async () => {
    const { write, close, counts } = opened()
    goAway()
    write(eventAt('/0'))
    await eventually(() => errors.length > 0)
    write(eventAt('/1'))
    comeBack()
    await close()
    expect(pathsIn(await readUntil('/1'))).toEqual(['/0', '/1'])
    expect(counts()).toEqual({ written: 2, dropped: 0 })
  })

  test('ahead of the next try has them from a process that ends', async () => {
    const child = runChild(`
      const sink = jsonLines({ path: ${JSON.stringify(path)}, flushMs: 0, onError: () => report('failed') })
      process.stdin.once('data', () => sink.write(eventAt('/0')))
      process.stdin.once('end', () => {
        sink.write(eventAt('/1'))
        process.exit()
      })
      report('ready')
    `)
    await eventually(() => child.stderr().includes('ready'))
    goAway()
    child.process.stdin!.write('\n')
    await eventually(() => child.stderr().includes('failed'))
    comeBack()
    child.process.stdin!.end()
    const [text] = await Promise.all([readUntil('/1'), child.exited])
    expect(pathsIn(text)).toEqual(['/0', '/1'])
  })
})
