import { execFileSync } from 'node:child_process'
import {
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type ApiKeyFileEvent,
  type ApiKeyFileOptions,
  type ApiKeyRecord,
  apiKey,
  apiKeyFile,
  issueApiKey,
} from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { decideNow } from '../../support/guards.js'
import { unhandledRejections } from '../../support/unhandled-rejections.js'

const issued = () => issueApiKey({ client: 'billing', scopes: ['reports:read'] })
const one = issued()
const two = issued()
const revoked = { ...one.record, revoked: true }

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-keys-'))
  path = join(folder, 'keys.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (content: unknown, to = path) =>
  writeFileSync(to, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content))

const replace = (content: unknown) => {
  write(content, `${path}.other`)
  renameSync(`${path}.other`, path)
}

/** One byte of the client's name is no UTF-8. */
const latin1 = (records: readonly ApiKeyRecord[]) =>
  Buffer.from(JSON.stringify(records).replace('billing', 'b\u00fclling'), 'latin1')

/** A guard over the file, and what was told of it. */
function open(options: Partial<ApiKeyFileOptions> = {}) {
  const events: ApiKeyFileEvent[] = []
  const lookup = apiKeyFile({ path, refreshMs: 100, onEvent: (event) => events.push(event), ...options })
  const guard = apiKey({ lookup })
  const ask = async (key = one.key) => {
    const ctx = contextFor({ headers: [['x-api-key', key]] })
    const decision = await decideNow(guard, ctx)
    return { code: decision.allowed ? 'allowed' : decision.code, notices: ctx.events.map(({ code }) => code) }
  }
  const code = async (key?: string) => (await ask(key)).code
  /** As requests would find it: asked again and again. */
  const becomes = (expected: string, key?: string) =>
    vi.waitFor(async () => expect(await code(key)).toBe(expected), { timeout: 2_000, interval: 10 })
  const toldOf = (event: ApiKeyFileEvent['event']) => events.filter((told) => told.event === event)
  return { lookup, events, ask, code, becomes, toldOf }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('keys out of a file', () => {
  test.each<readonly [string, unknown]>([
    ['a list', [one.record, two.record]],
    ['an object with keys', { version: 1, keys: [two.record, one.record] }],
    ['with a byte order mark', `\ufeff${JSON.stringify([one.record, two.record])}`],
  ])('%s', async (_name, content) => {
    write(content)
    const { code, events } = open()
    expect([await code(one.key), await code(two.key), await code(issued().key)]).toEqual([
      'allowed',
      'allowed',
      'key_unknown',
    ])
    expect(events).toEqual([{ event: 'key_file_loaded', path, keys: 2, refused: [] }])
  })

  test('none', async () => {
    write([])
    expect(await open().code()).toBe('key_unknown')
  })

  test.each<readonly [string, (record: ApiKeyRecord) => unknown, RegExp]>([
    ['a member that cannot be', (record) => ({ ...record, revoked: 'no' }), /^record 0: revoked is wrong: "no"$/],
    ['a misspelt member', (record) => ({ ...record, revokd: true }), /^record 0: no record has a member "revokd"$/],
    ['addresses that are none', (record) => ({ ...record, addresses: ['here'] }), /^record 0: addresses must hold/],
    ['no record', () => null, /^record 0: a record is no null$/],
    ['a list', () => [], /^record 0: a record is no an array$/],
    ['__proto__ for a member', (record) => ({ ...record, ['__proto__']: {}, x: 1 }), /^record 0: no record has/],
  ])('a record that is broken by %s is left out alone, and told', async (_name, broken, told) => {
    write([broken(one.record), two.record])
    const { code, events } = open()
    expect([await code(one.key), await code(two.key)]).toEqual(['key_unknown', 'allowed'])
    expect(events).toEqual([{ event: 'key_file_loaded', path, keys: 1, refused: [expect.stringMatching(told)] }])
  })

  test('two records of one id are both left out: one of them may be revoked', async () => {
    write([one.record, two.record, revoked])
    const { code, events } = open()
    expect([await code(one.key), await code(two.key)]).toEqual(['key_unknown', 'allowed'])
    expect(events).toMatchObject([
      { refused: ['record 0: another record has its id', 'record 2: another record has its id'] },
    ])
  })

  test('of many broken records a hundred are told', () => {
    write(Array(150).fill({}))
    const [event] = open().events
    expect(event).toMatchObject({ keys: 0, refused: { length: 100 } })
  })
})

describe('at start a file is an error that is', () => {
  test.each<readonly [string, () => void, RegExp]>([
    ['missing', () => {}, /keys\.json cannot be read: ENOENT/],
    ['empty', () => write(''), /cannot be read: .*JSON/],
    ['half written', () => write(JSON.stringify([one.record]).slice(0, -5)), /cannot be read/],
    ['JSON with a fault, which is not quoted', () => write('[\n\nfault\n]'), /cannot be read: it is no JSON[^\n]*$/],
    ['an object without keys', () => write({}), /cannot be read: expected a list of records/],
    ['text', () => write('"keys"'), /expected a list of records/],
    ['null', () => write('null'), /expected a list of records/],
    ['keys that are no list', () => write({ keys: {} }), /expected a list of records/],
    ['not UTF-8', () => write(Uint8Array.of(0x5b, 0xff, 0x5d)), /cannot be read/],
    ['UTF-8 but for one name', () => write(latin1([one.record])), /cannot be read/],
    ['a folder', () => execFileSync('mkdir', [path]), /it is not a file/],
    ['a pipe', () => execFileSync('mkfifo', [path]), /it is not a file/],
    ['a device', () => symlinkSync('/dev/zero', path), /it is not a file/],
    ['too large', () => write(`[]${' '.repeat(4 * 1024 * 1024)}`), /it is larger than 4194304 bytes/],
  ])('%s', (_name, make, message) => {
    make()
    expect(() => open()).toThrow(message)
  })
})

describe('a file that changes is read again', () => {
  test.each<readonly [string, (content: unknown) => void]>([
    ['written in place', write],
    ['replaced by another', replace],
    [
      'replaced by another with the same times',
      (content) => {
        write(content, `${path}.other`)
        utimesSync(`${path}.other`, new Date(0), new Date(0))
        utimesSync(path, new Date(0), new Date(0))
        renameSync(`${path}.other`, path)
      },
    ],
    [
      'written in place with its time set back',
      (content) => {
        write(content)
        utimesSync(path, new Date(0), new Date(0))
      },
    ],
  ])('%s', async (_name, change) => {
    write([one.record])
    const { becomes, code } = open()
    expect(await code()).toBe('allowed')
    change([revoked, two.record])
    await becomes('key_revoked')
    expect(await code(two.key)).toBe('allowed')
    change([one.record])
    await becomes('allowed')
    await becomes('key_unknown', two.key)
  })

  test('and so within the same tick of the file system, in place and to the same length', async () => {
    const other = { ...one.record, client: 'gnillib' }
    const lookups = Array.from({ length: 20 }, (_, index) => {
      const own = `${path}.${index}`
      write([one.record], own)
      const { lookup } = open({ path: own })
      write([other], own)
      return lookup
    })
    for (const lookup of lookups) {
      await vi.waitFor(async () => expect((await lookup(one.record.id))?.client).toBe('gnillib'))
    }
  })

  test('and so where it has been the same for long', async () => {
    write([one.record])
    await pause(2_100)
    const { becomes, code } = open()
    expect(await code()).toBe('allowed')
    replace([revoked])
    await becomes('key_revoked')
  })

  test('and so by the first request after a long pause: a key revoked meanwhile is refused', async () => {
    write([one.record])
    const { code } = open()
    expect(await code()).toBe('allowed')
    await pause(210)
    replace([revoked])
    expect(await code()).toBe('key_revoked')
  })

  test('where it is a link to another, as in a mounted volume', async () => {
    write([one.record], join(folder, 'a.json'))
    write([revoked], join(folder, 'b.json'))
    symlinkSync('a.json', path)
    const { becomes, code } = open()
    expect(await code()).toBe('allowed')
    symlinkSync('b.json', `${path}.other`)
    renameSync(`${path}.other`, path)
    await becomes('key_revoked')
  })

  test('and what is the same again is not told again', async () => {
    write([one.record])
    const { toldOf, code } = open()
    for (let i = 0; i < 4; i++) {
      replace([one.record])
      await pause(110)
      await code()
    }
    expect(toldOf('key_file_loaded')).toHaveLength(1)
  })
})

describe('a file that breaks leaves the last good set in force, is told once, and noted with every key', () => {
  test.each<readonly [string, () => void]>([
    ['removed', () => unlinkSync(path)],
    ['emptied', () => truncateSync(path)],
    ['half written', () => write(JSON.stringify([one.record]).slice(0, 40))],
    ['written with something else', () => write('{}')],
    ['written with bytes that are no text', () => write(Uint8Array.of(0xff, 0xfe))],
    ['written in another encoding', () => write(latin1([one.record]))],
    ['too large', () => write(`[]${' '.repeat(4 * 1024 * 1024)}`)],
    [
      'replaced by a pipe',
      () => {
        unlinkSync(path)
        execFileSync('mkfifo', [path])
      },
    ],
    [
      'replaced by a folder',
      () => {
        unlinkSync(path)
        execFileSync('mkdir', [path])
      },
    ],
  ])('%s, and recovers', async (_name, damage) => {
    write([one.record])
    const { ask, code, becomes, toldOf } = open()
    damage()
    await vi.waitFor(async () => expect(await ask()).toEqual({ code: 'allowed', notices: ['key_file_unreadable'] }))
    expect(await ask(two.key)).toEqual({ code: 'key_unknown', notices: ['key_file_unreadable'] })
    await pause(250)
    await code()
    expect(toldOf('key_file_unreadable')).toMatchObject([{ path, cause: expect.any(Error) }])
    rmSync(path, { recursive: true, force: true })
    write([revoked])
    await becomes('key_revoked')
    expect((await ask()).notices).toEqual([])
    expect(toldOf('key_file_recovered')).toHaveLength(1)
  })

  test('away for a while, then the same as before', async () => {
    write([one.record])
    const { ask, toldOf } = open()
    renameSync(path, `${path}.away`)
    await vi.waitFor(async () => expect((await ask()).notices).toEqual(['key_file_unreadable']))
    renameSync(`${path}.away`, path)
    await vi.waitFor(async () => expect((await ask()).notices).toEqual([]))
    expect(toldOf('key_file_loaded')).toHaveLength(1)
  })

  test('a request without a key notes nothing', async () => {
    write([one.record])
    const { ask } = open()
    unlinkSync(path)
    await vi.waitFor(async () => expect((await ask()).notices).toEqual(['key_file_unreadable']))
    expect(await ask('none')).toEqual({ code: 'key_malformed', notices: [] })
  })

  test.each<[string, () => void]>([
    [
      'throws',
      () => {
        throw new Error('boom')
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom')) as never],
  ])('a listener that %s changes nothing', async (_name, onEvent) => {
    write([one.record])
    const rejections = await unhandledRejections(async () => {
      const { ask } = open({ onEvent })
      unlinkSync(path)
      await vi.waitFor(async () => expect(await ask()).toEqual({ code: 'allowed', notices: ['key_file_unreadable'] }))
    })
    expect(rejections).toEqual([])
  })
})

test('requests do not wait while others come: answers are there at once', async () => {
  write([one.record])
  const { lookup } = open({ refreshMs: 1_000 })
  await pause(1_050) // due, and not overdue
  expect(lookup(one.record.id)).toMatchObject({ client: 'billing' })
})

test('a writer that is never done does no harm: readers see whole sets only', async () => {
  await mkdir(join(folder, 'x'))
  const sets = [[one.record], [one.record, two.record]]
  write(sets[0])
  const { code, toldOf } = open()
  for (let i = 0; i < 40; i++) {
    replace(sets[i % 2])
    await pause(10)
    expect(await code(one.key)).toBe('allowed')
  }
  expect(toldOf('key_file_unreadable')).toEqual([])
  expect(JSON.parse(await readFile(path, 'utf8'))).toHaveLength(2)
})

describe('is a TypeError:', () => {
  test.each<readonly [string, unknown, RegExp]>([
    ['no options', undefined, /apiKeyFile\(\): options must be an object/],
    ['no path', {}, /^path must be a non-empty string/],
    ['a misspelt option', { path: 'a', refresh: 1 }, /unknown option refresh/],
    ['a refresh too often', { path: 'a', refreshMs: 99 }, /^refreshMs must be an integer from 100 to 60000, got 99/],
    ['a refresh too seldom', { path: 'a', refreshMs: 60_001 }, /^refreshMs must be an integer/],
    ['a listener that is none', { path: 'a', onEvent: 1 }, /^onEvent must be a function/],
  ])('%s', (_name, options, message) => {
    const make = () => apiKeyFile(options as ApiKeyFileOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})
