import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AddressFileEvent, AddressListOptions } from '../../src/edge/address-list.js'
import { allowAddresses } from '../../src/edge/allow-addresses.js'
import { denyAddresses } from '../../src/edge/deny-addresses.js'
import { isPromiseLike } from '../../src/lib/maybe-promise.js'
import { contextFor } from '../support/context.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-addresses-'))
  file = join(folder, 'addresses.txt')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (content: string | Uint8Array) => writeFileSync(file, content)
const replace = (content: string | Uint8Array) => {
  writeFileSync(`${file}.next`, content)
  renameSync(`${file}.next`, file)
}

const LISTED = '10.1.2.3'
const OTHER = '192.0.2.1'

/** A guard over the file, and what was told of it. */
function open(make = denyAddresses, options: Partial<AddressListOptions> = {}) {
  const events: AddressFileEvent[] = []
  const guard = make({ file, refreshMs: 100, onEvent: (event) => events.push(event), ...options })
  const ask = async (client: string) => {
    const ctx = contextFor({ client })
    const decision = await guard.check(ctx, {})
    return { code: decision.allowed ? 'allowed' : decision.code, notices: ctx.events }
  }
  const code = async (client: string) => (await ask(client)).code
  /** As requests would find it: asked again and again. */
  const becomes = (client: string, expected: string) =>
    vi.waitFor(async () => expect(await code(client)).toBe(expected), { timeout: 2_000, interval: 10 })
  const told = () => events.map(({ event }) => event)
  return { guard, events, ask, code, becomes, told }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a file of addresses holds', () => {
  test.each<readonly [string, string, number]>([
    ['one a line', '10.0.0.0/8\n2001:db8::/32\n203.0.113.7\n', 3],
    ['comments and empty lines', '# ours\n\n10.0.0.0/8 # the office\n   \n#2001:db8::1\n', 1],
    ['white space', '  10.0.0.0/8\t\n', 1],
    ['line ends of Windows', '# ours\r\n10.0.0.0/8\r\n\r\n', 1],
    ['a byte order mark', '\ufeff10.0.0.0/8\n', 1],
    ['IPv4 mapped into IPv6', '::ffff:10.0.0.0/104\n', 1],
    ['the same again and again', '10.0.0.0/8\n10.0.0.0/9\n10.1.2.3\n10.1.2.3\n', 4],
  ])('%s', async (_what, content, ranges) => {
    write(content)
    const { code, events } = open()
    expect([await code(LISTED), await code(OTHER)]).toEqual(['address_refused', 'allowed'])
    expect(events).toEqual([{ event: 'address_file_loaded', path: file, ranges }])
  })

  test('more than is given in code', async () => {
    write('10.0.0.0/8\n')
    const { code } = open(allowAddresses, { ranges: ['198.51.100.0/24'] })
    expect([await code(LISTED), await code('198.51.100.1'), await code(OTHER)]).toEqual([
      'allowed',
      'allowed',
      'address_refused',
    ])
  })

  test('tens of thousands', async () => {
    write(Array.from({ length: 50_000 }, (_, index) => `10.${index >> 8}.${index & 255}.128/25\n`).join(''))
    const { code, events } = open()
    expect([await code('10.195.79.128'), await code('10.195.79.127')]).toEqual(['address_refused', 'allowed'])
    expect(events).toMatchObject([{ ranges: 50_000 }])
  })
})

describe.each([
  ['allowAddresses', allowAddresses],
  ['denyAddresses', denyAddresses],
])('at start %s throws for a file that is', (name, make) => {
  const cannot = (why: string) => `${name}(): ${file} cannot be read: ${why}`

  test.each<readonly [string, string, string]>([
    ['empty', '', 'there is no address in it'],
    ['only comments', '# none\n\n', 'there is no address in it'],
    ['wrong in a line', '# ours\n10.0.0.0/8\n\nlocalhost # that one\n', 'line 4 is no address or CIDR range'],
    ['wrong in a prefix', '10.0.0.0/33\n', 'line 1 has a prefix out of range'],
    ['wrong in its last line', '10.0.0.0/8\n10.0.0\n', 'line 2 is no address or CIDR range'],
    ['two in a line', '10.0.0.0/8, 192.0.2.1\n', 'line 1 is no address or CIDR range'],
    ['commented in another way', '10.0.0.0/8 ; office\n', 'line 1 is no address or CIDR range'],
    ['of another kind', '-----BEGIN PRIVATE KEY-----\n', 'line 1 is no address or CIDR range'],
    ['for everybody', '10.0.0.0/8\n0.0.0.0/0\n', 'line 2 covers every address'],
    ['for everybody in halves', '0.0.0.0/1\n128.0.0.0/1\n', 'its ranges cover every IPv4 address'],
    ['cut off', '10.0.0.0/8\n192.0.2.0/2', 'line 2 has no end, as if the file were cut off'],
    ['too large', `10.0.0.0/8\n${'#'.repeat(4 * 1024 * 1024)}\n`, 'it is larger than 4194304 bytes'],
  ])('%s', (_what, content, why) => {
    write(content)
    expect(() => make({ file })).toThrow(new Error(cannot(why)))
  })

  test('missing', () => expect(() => make({ file })).toThrow(cannot('ENOENT')))

  test('a folder', () => expect(() => make({ file: folder })).toThrow('it is not a file'))

  test('a pipe', () => {
    execFileSync('mkfifo', [file])
    expect(() => make({ file })).toThrow(cannot('it is not a file'))
  })

  test('not UTF-8', () => {
    write(Buffer.from('10.0.0.0/8 # b\u00fcro\n', 'latin1'))
    expect(() => make({ file })).toThrow(cannot(''))
  })

  test('the other half of everything', () => {
    write('128.0.0.0/1\n')
    expect(() => make({ file, ranges: ['0.0.0.0/1'] })).toThrow(cannot('its ranges cover every IPv4 address'))
  })
})

describe('a file that changes', () => {
  test.each([
    ['written in place', write],
    ['replaced by another', replace],
  ])('is read again: %s', async (_how, change) => {
    write('10.0.0.0/8\n')
    const { becomes, code, told } = open()
    expect(await code(LISTED)).toBe('address_refused')
    change('192.0.2.0/24\n')
    await becomes(OTHER, 'address_refused')
    expect(await code(LISTED)).toBe('allowed')
    expect(told()).toEqual(['address_file_loaded', 'address_file_loaded'])
  })

  test('leaves what is given in code', async () => {
    write('10.0.0.0/8\n')
    const { becomes, code } = open(allowAddresses, { ranges: ['198.51.100.0/24'] })
    replace('192.0.2.0/24\n')
    await becomes(OTHER, 'allowed')
    expect([await code('198.51.100.1'), await code(LISTED)]).toEqual(['allowed', 'address_refused'])
  })

  test.each<readonly [string, () => void, RegExp]>([
    ['goes', () => unlinkSync(file), /ENOENT/],
    ['is emptied', () => write(''), /^there is no address in it$/],
    ['is cut off', () => write('192.0.2.0/2'), /^line 1 has no end, as if the file were cut off$/],
    ['is wrong in a line', () => replace('192.0.2.0/24\nall\n'), /^line 2 is no address or CIDR range$/],
    ['is for everybody', () => replace('192.0.2.0/24\n::/0\n'), /^line 2 covers every address$/],
    ['grows too large', () => replace(`192.0.2.0/24\n${'\n'.repeat(4 * 1024 * 1024)}`), /^it is larger than/],
  ])('and %s leaves the last good list, which is told once and noted by each request', async (_what, spoil, why) => {
    write('10.0.0.0/8\n')
    const { ask, becomes, code, events, told } = open()
    expect(await ask(LISTED)).toEqual({ code: 'address_refused', notices: [] })
    spoil()
    await vi.waitFor(async () => expect((await ask(OTHER)).notices).not.toEqual([]))
    const noted = { event: 'sys_monitor_disabled', code: 'address_file_unreadable', guard: 'denyAddresses' }
    expect(await ask(LISTED)).toEqual({ code: 'address_refused', notices: [noted] })
    expect(await ask(OTHER)).toEqual({ code: 'allowed', notices: [noted] })
    await pause(250)
    expect(await code(LISTED)).toBe('address_refused')
    expect(events.slice(1)).toMatchObject([
      { event: 'address_file_unreadable', path: file, cause: { message: expect.stringMatching(why) } },
    ])

    replace('192.0.2.0/24\n')
    await becomes(OTHER, 'address_refused')
    expect((await ask(LISTED)).notices).toEqual([])
    expect(told()).toEqual([
      'address_file_loaded',
      'address_file_unreadable',
      'address_file_loaded',
      'address_file_recovered',
    ])
  })

  test('acts on the first request after a pause, which waits for it', async () => {
    write('10.0.0.0/8\n')
    const { guard, code } = open()
    expect(isPromiseLike(guard.check(contextFor({ client: LISTED }), {}))).toBe(false)
    replace('192.0.2.0/24\n')
    await pause(210)
    expect(await code(LISTED)).toBe('allowed')
  })

  test('is not looked at while nobody asks', async () => {
    write('10.0.0.0/8\n')
    const { told } = open()
    replace('192.0.2.0/24\n')
    await pause(300)
    expect(told()).toEqual(['address_file_loaded'])
  })

  test('and a listener that throws changes nothing', async () => {
    write('10.0.0.0/8\n')
    const onEvent = () => {
      throw new Error('from the listener')
    }
    const { becomes } = open(denyAddresses, { onEvent })
    replace('192.0.2.0/24\n')
    await becomes(OTHER, 'address_refused')
  })
})
