import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { type ApiKeyFileEvent, apiKeyFile, issueApiKey } from '../../../src/index.js'

/** A disk that answers when it is told to: no test can make a real one hang. */
const disk = vi.hoisted(() => ({
  waiting: [] as (() => void)[],
  hangs: false,
  isCoarse: false,
  step: BigInt(Date.now()) * 1_000_000n,
  asked: 0,
  opened: 0,
}))
/** Times in steps of ten seconds, where the disk is such a one. */
const inSteps = vi.hoisted(
  () =>
    <S>(stats: S): S =>
      disk.isCoarse ? (Object.assign(stats as object, { mtimeNs: disk.step, ctimeNs: disk.step }) as S) : stats,
)
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return { ...fs, statSync: (path: string, options: { readonly bigint: true }) => inSteps(fs.statSync(path, options)) }
})
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  const stat = async (...args: Parameters<typeof fs.stat>) => {
    disk.asked++
    if (disk.hangs) await new Promise<void>((resolve) => disk.waiting.push(resolve))
    return inSteps(await fs.stat(...args))
  }
  const open = (...args: Parameters<typeof fs.open>) => {
    disk.opened++
    return fs.open(...args)
  }
  return { ...fs, open, stat }
})

const folder = mkdtempSync(join(tmpdir(), 'wardline-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a disk that hangs costs one wait of a second, is asked once, and leaves the last good set in force', async () => {
  const path = join(folder, 'keys.json')
  const { record } = issueApiKey({ client: 'billing', scopes: [] })
  writeFileSync(path, JSON.stringify([record]))
  const events: ApiKeyFileEvent[] = []
  const lookup = apiKeyFile({ path, refreshMs: 100, onEvent: (event) => events.push(event) })
  await pause(210)
  disk.hangs = true

  const startedMs = performance.now()
  expect(await lookup(record.id)).toMatchObject({ client: 'billing' })
  expect(performance.now() - startedMs).toBeGreaterThan(900)
  expect(lookup.fault?.()).toEqual({ event: 'sys_monitor_disabled', code: 'key_file_unreadable' })

  const againMs = performance.now()
  for (let i = 0; i < 10; i++) expect(await lookup(record.id)).toMatchObject({ client: 'billing' })
  expect(performance.now() - againMs).toBeLessThan(500)
  expect(disk.asked).toBe(1)

  writeFileSync(path, JSON.stringify([{ ...record, revoked: true }]))
  disk.hangs = false
  for (const go of disk.waiting) go()
  await vi.waitFor(async () => expect(await lookup(record.id)).toMatchObject({ revoked: true }))
  expect(lookup.fault?.()).toBeUndefined()
  expect(events.map(({ event }) => event)).toEqual([
    'key_file_loaded',
    'key_file_unreadable',
    'key_file_loaded',
    'key_file_recovered',
  ])
})

test('a file that stays the same is looked at, and not read', async () => {
  const path = join(folder, 'same.json')
  const { record } = issueApiKey({ client: 'billing', scopes: [] })
  writeFileSync(path, JSON.stringify([record]))
  await pause(2_100) // as long as it may still change without looking different
  const lookup = apiKeyFile({ path, refreshMs: 100 })
  Object.assign(disk, { asked: 0, opened: 0 })
  for (let i = 0; i < 3; i++) {
    await pause(210)
    expect(await lookup(record.id)).toMatchObject({ client: 'billing' })
  }
  expect([disk.asked, disk.opened]).toEqual([3, 0])
})

test('a file that is changed within one step of the clock of its disk is read again', async () => {
  Object.assign(disk, { isCoarse: true, step: BigInt(Date.now()) * 1_000_000n })
  const path = join(folder, 'coarse.json')
  const { record } = issueApiKey({ client: 'billing', scopes: [] })
  writeFileSync(path, JSON.stringify([record]))
  const lookup = apiKeyFile({ path, refreshMs: 100 })
  writeFileSync(path, JSON.stringify([{ ...record, client: 'gnillib' }]))
  await vi.waitFor(async () => expect(await lookup(record.id)).toMatchObject({ client: 'gnillib' }))
  disk.isCoarse = false
})
