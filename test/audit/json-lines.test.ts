import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { auditTrail, type JsonLinesOptions, jsonLines } from '../../src/audit/index.js'
import { eventAt } from './sample.js'

const eventually = (holds: () => boolean) => vi.waitUntil(holds, { timeout: 10_000 })

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wardline-audit-'))
  path = join(folder, 'audit.log')
})
afterEach(() => rm(folder, { recursive: true }))

const linesOf = (file: string): readonly Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

const pathsIn = (file: string) => linesOf(file).flatMap((line) => ('path' in line ? [line.path] : []))
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `/${from + i}`)

describe('a file', () => {
  test.skipIf(process.platform === 'win32')('is made for its owner and group alone', async () => {
    await jsonLines({ path }).close()
    expect(statSync(path).mode & 0o777).toBe(0o640 & ~process.umask())
  })

  test('that is there is appended to', async () => {
    writeFileSync(path, '{"path":"/before"}\n', { mode: 0o600 })
    const sink = jsonLines({ path })
    sink.write(eventAt('/after'))
    await sink.close()
    expect(pathsIn(path)).toEqual(['/before', '/after'])
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('holds every event, in order, as it was', async () => {
    const sink = jsonLines({ path })
    const events = numbered(5_000).map((at) => eventAt(at))
    for (const event of events) sink.write(event)
    await sink.close()
    expect(linesOf(path)).toEqual(events)
    expect(sink.counts()).toEqual({ written: 5_000, dropped: 0 })
  })

  test('holds them in order also when they come while others are written', async () => {
    const sink = jsonLines({ path, flushMs: 0 })
    for (const at of numbered(2_000)) {
      sink.write(eventAt(at))
      if (at.endsWith('0')) await new Promise(setImmediate)
    }
    await sink.close()
    expect(pathsIn(path)).toEqual(numbered(2_000))
    expect(sink.counts()).toEqual({ written: 2_000, dropped: 0 })
  })

  test('of two sinks has whole lines', async () => {
    const sinks = [jsonLines({ path, flushMs: 0 }), jsonLines({ path, flushMs: 0 })]
    for (const at of numbered(500)) {
      for (const sink of sinks) sink.write(eventAt(at, { code: 'x'.repeat(500) }))
      await new Promise(setImmediate)
    }
    await Promise.all(sinks.map((sink) => sink.close()))
    expect(pathsIn(path).sort()).toEqual([...numbered(500), ...numbered(500)].sort())
  })

  test('holds letters of any script', async () => {
    const sink = jsonLines({ path })
    const event = eventAt('/\u00e9\u4e2d\u{1f600}\ud800')
    sink.write(event)
    await sink.close()
    expect(linesOf(path)).toEqual([event])
  })
})

describe('events wait for others', () => {
  test('until flushMs have passed', async () => {
    const sink = jsonLines({ path, flushMs: 200 })
    sink.write(eventAt('/1'))
    sink.write(eventAt('/2'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(readFileSync(path, 'utf8')).toBe('')
    expect(sink.counts()).toEqual({ written: 0, dropped: 0 })
    await eventually(() => sink.counts().written === 2)
    expect(pathsIn(path)).toEqual(['/1', '/2'])
    await sink.close()
  })

  test('or until the sink is closed', async () => {
    const trail = auditTrail({ sink: jsonLines({ path, flushMs: 10_000 }) })
    trail.record(eventAt('/1'))
    const before = performance.now()
    await trail.close()
    expect(performance.now() - before).toBeLessThan(2_000)
    expect(pathsIn(path)).toEqual(['/1'])
  })
})

describe('a full queue', () => {
  test('drops what does not fit, counts it, and tells in the next line', async () => {
    const sink = jsonLines({ path, flushMs: 10_000, maxQueueBytes: 4096 })
    for (const at of numbered(100)) sink.write(eventAt(at))
    const { dropped } = sink.counts()
    const kept = 100 - dropped
    await sink.close()
    const lines = linesOf(path)
    expect(lines.slice(0, -1).map((line) => line.path)).toEqual(numbered(kept))
    expect(lines.at(-1)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      event: 'sys_monitor_disabled',
      code: 'audit_events_dropped',
      dropped,
    })
    expect(sink.counts()).toEqual({ written: kept, dropped })
    const bytes = Buffer.byteLength(
      lines
        .slice(0, -1)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    )
    expect(bytes).toBeLessThanOrEqual(4096)
    expect(bytes).toBeGreaterThan(4096 - 400)
  })

  test('is measured in bytes, not in characters', async () => {
    const sink = jsonLines({ path, flushMs: 10_000, maxQueueBytes: 4096 })
    for (let i = 0; i < 100; i++) sink.write(eventAt(`/${'\u4e2d'.repeat(300)}`))
    expect(sink.counts().dropped).toBe(97)
    await sink.close()
  })

  test('takes events again once it has been written', async () => {
    const sink = jsonLines({ path, flushMs: 0, maxQueueBytes: 4096 })
    for (const at of numbered(100)) sink.write(eventAt(at))
    const { dropped } = sink.counts()
    await eventually(() => sink.counts().written === 100 - dropped)
    sink.write(eventAt('/later'))
    await sink.close()
    expect(sink.counts()).toEqual({ written: 101 - dropped, dropped })
    const told = linesOf(path).filter((line) => line.code === 'audit_events_dropped')
    expect(told).toEqual([expect.objectContaining({ dropped })])
    expect(pathsIn(path)).toEqual([...numbered(100 - dropped), '/later'])
  })

  test('is told also when no other event comes', async () => {
    const sink = jsonLines({ path, flushMs: 0, maxQueueBytes: 4096 })
    sink.write(eventAt('/too-long', { code: 'x'.repeat(4096) }))
    await eventually(() => readFileSync(path, 'utf8') !== '')
    expect(linesOf(path)).toMatchObject([{ code: 'audit_events_dropped', dropped: 1 }])
    expect(sink.counts()).toEqual({ written: 0, dropped: 1 })
    await sink.close()
    expect(linesOf(path)).toHaveLength(1)
  })

  test('counts what is being written', async () => {
    const sink = jsonLines({ path, flushMs: 0, maxQueueBytes: 4096 })
    let recorded = 0
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 30; i++) sink.write(eventAt(`/${recorded++}`))
      await new Promise(setImmediate)
    }
    await sink.close()
    const { written, dropped } = sink.counts()
    expect(written + dropped).toBe(recorded)
    expect(pathsIn(path)).toHaveLength(written)
    const told = linesOf(path).reduce((sum, line) => sum + Number(line.dropped ?? 0), 0)
    expect(told).toBe(dropped)
  })
})

describe('a sink that is closed', () => {
  test('may be closed again, also at the same time', async () => {
    const sink = jsonLines({ path })
    sink.write(eventAt('/1'))
    await Promise.all([sink.close(), sink.close()])
    await sink.close()
    expect(pathsIn(path)).toEqual(['/1'])
    expect(sink.counts()).toEqual({ written: 1, dropped: 0 })
  })

  test('drops events and counts them, and leaves alone the file that has its descriptor now', async () => {
    const sink = jsonLines({ path, flushMs: 0 })
    await sink.close()
    const others = Array.from({ length: 20 }, (_, i) => openSync(join(folder, `other-${i}`), 'a'))
    sink.write(eventAt('/late'))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await sink.close()
    for (const fd of others) closeSync(fd)
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'utf8')).toBe('')
    expect(sink.counts()).toEqual({ written: 0, dropped: 1 })
  })

  test('leaves no listener on the process; open ones share one', async () => {
    const before = process.listenerCount('exit')
    const sinks = Array.from({ length: 20 }, (_, i) => jsonLines({ path: join(folder, `${i}.log`) }))
    expect(process.listenerCount('exit')).toBe(before + 1)
    await Promise.all(sinks.map((sink) => sink.close()))
    expect(process.listenerCount('exit')).toBe(before)
  })
})

describe('options', () => {
  test.each<[label: string, options: unknown, message: string]>([
    ['null', null, 'jsonLines(): options must be an object, got null'],
    ['a path alone', '/var/log/audit', 'jsonLines(): options must be an object, got "/var/log/audit"'],
    [
      'an unknown one',
      { file: 'x' },
      'jsonLines(): unknown option file; known are path, flushMs, maxQueueBytes, onError',
    ],
    ['an empty path', { path: '' }, 'path must be a non-empty string, got ""'],
    ['a descriptor for a path', { path: 1 }, 'path must be a non-empty string, got 1'],
    ['a negative time', { flushMs: -1 }, 'flushMs must be an integer from 0 to 10000, got -1'],
    ['a long time', { flushMs: 10_001 }, 'flushMs must be an integer from 0 to 10000, got 10001'],
    ['a time as text', { flushMs: '20ms' }, 'flushMs must be an integer from 0 to 10000, got "20ms"'],
    [
      'a queue for nothing',
      { maxQueueBytes: 4095 },
      'maxQueueBytes must be an integer from 4096 to 1073741824, got 4095',
    ],
    ['a queue without bound', { maxQueueBytes: Number.POSITIVE_INFINITY }, 'maxQueueBytes must be an integer'],
    ['no function', { onError: true }, 'onError must be a function, got true'],
  ])('%s is a TypeError', (_label, options, message) => {
    const constructing = () => jsonLines(options as JsonLinesOptions)
    expect(constructing).toThrow(TypeError)
    expect(constructing).toThrow(message)
  })

  test('a wrong option leaves no file behind', () => {
    expect(() => jsonLines({ path, flushMs: -1 })).toThrow(TypeError)
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['a folder that does not exist', () => join(folder, 'none', 'audit.log'), 'ENOENT'],
    ['a folder', () => folder, 'EISDIR'],
  ])('%s is an error at once', (_label, where, code) => {
    expect(() => jsonLines({ path: where() })).toThrow(expect.objectContaining({ code }))
  })
})
