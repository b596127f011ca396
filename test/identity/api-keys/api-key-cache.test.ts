import { describe, expect, test, vi } from 'vitest'
import { type ApiKeyOptions, type ApiKeyRecord, type ApiKeyUse, apiKey, issueApiKey } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { decideNow } from '../../support/guards.js'
import { promisesMadeBy } from '../../support/promises.js'
import { unhandledRejections } from '../../support/unhandled-rejections.js'
import { ADDRESS, KEY, KEY_ID, KEY_NOW, RECORD } from '../../vectors/api-keys.js'

const NOW_MS = KEY_NOW * 1000

/** A lookup that answers when it is told to. */
function slowLookup() {
  const waiting: { readonly id: string; readonly answer: (record?: unknown) => void; readonly fail: () => void }[] = []
  const lookup = vi.fn(
    (id: string) =>
      new Promise<ApiKeyRecord | undefined>((resolve, reject) => {
        waiting.push({
          id,
          answer: (record) => resolve(record as ApiKeyRecord),
          fail: () => reject(new Error('the database is away')),
        })
      }),
  )
  return { lookup, waiting }
}

const laterLookup = (records: Readonly<Record<string, ApiKeyRecord>>) => vi.fn(async (id: string) => records[id])

const ask = (guard: ReturnType<typeof apiKey>, key = KEY, atMs = 0, client = ADDRESS) => {
  const ctx = contextFor({ headers: [['x-api-key', key]], client, nowMs: NOW_MS + atMs })
  return { decision: decideNow(guard, ctx), ctx }
}

const code = async (...args: Parameters<typeof ask>) => {
  const decision = await ask(...args).decision
  return decision.allowed ? 'allowed' : decision.code
}

const madeUp = (index: number) => `key_${String(index).padStart(16, '0')}_${'z'.repeat(43)}`

describe('an answer that was waited for', () => {
  test('is used again for five seconds, and no longer', async () => {
    const lookup = laterLookup({ [KEY_ID]: RECORD })
    const guard = apiKey({ lookup })
    expect(await code(guard)).toBe('allowed')
    expect(await code(guard, KEY, 4_999)).toBe('allowed')
    expect(lookup).toHaveBeenCalledTimes(1)
    expect(await code(guard, KEY, 5_000)).toBe('allowed')
    expect(lookup).toHaveBeenCalledTimes(2)
  })

  test('that there is no such key as well', async () => {
    const records: Record<string, ApiKeyRecord> = {}
    const lookup = laterLookup(records)
    const guard = apiKey({ lookup, cacheSeconds: 2 })
    expect(await code(guard)).toBe('key_unknown')
    records[KEY_ID] = RECORD
    expect(await code(guard, KEY, 1_999)).toBe('key_unknown')
    expect(lookup).toHaveBeenCalledTimes(1)
    expect(await code(guard, KEY, 2_000)).toBe('allowed')
  })

  test('is not used before it was given: a clock stepped back', async () => {
    const lookup = laterLookup({ [KEY_ID]: RECORD })
    const guard = apiKey({ lookup })
    await code(guard)
    await code(guard, KEY, -1)
    await code(guard, madeUp(1))
    await code(guard, madeUp(1), -1)
    expect(lookup).toHaveBeenCalledTimes(4)
  })

  test('acts within the cache: a key that was revoked meanwhile', async () => {
    const records: Record<string, ApiKeyRecord> = { [KEY_ID]: RECORD }
    const guard = apiKey({ lookup: laterLookup(records), cacheSeconds: 1 })
    expect(await code(guard)).toBe('allowed')
    records[KEY_ID] = { ...RECORD, revoked: true }
    expect(await code(guard, KEY, 1_000)).toBe('key_revoked')
    delete records[KEY_ID]
    expect(await code(guard, KEY, 2_000)).toBe('key_unknown')
  })

  test('outlives no expiry, and no address', async () => {
    const guard = apiKey({ lookup: laterLookup({ [KEY_ID]: { ...RECORD, expiresAt: KEY_NOW + 1 } }) })
    expect(await code(guard)).toBe('allowed')
    expect(await code(guard, KEY, 1_000)).toBe('key_expired')
    expect(await code(guard, KEY, 0, '198.51.100.1')).toBe('key_address_refused')
  })

  test('is asked for every time with cacheSeconds 0', async () => {
    const lookup = laterLookup({ [KEY_ID]: RECORD })
    const guard = apiKey({ lookup, cacheSeconds: 0 })
    await code(guard)
    await code(guard)
    await code(guard, madeUp(1))
    await code(guard, madeUp(1))
    expect(lookup).toHaveBeenCalledTimes(4)
  })

  test('is asked for every time of a lookup that remembers by itself', async () => {
    const lookup = Object.assign(laterLookup({ [KEY_ID]: RECORD }), { remembers: true })
    const guard = apiKey({ lookup })
    await code(guard)
    await code(guard)
    await code(guard, madeUp(1))
    await code(guard, madeUp(1))
    expect(lookup).toHaveBeenCalledTimes(4)
  })

  test('a flood of made-up ids drives out no key', async () => {
    const lookup = laterLookup({ [KEY_ID]: RECORD })
    const guard = apiKey({ lookup, maxCached: 10 })
    await code(guard)
    for (let i = 0; i < 100; i++) expect(await code(guard, madeUp(i))).toBe('key_unknown')
    expect(lookup).toHaveBeenCalledTimes(101)
    expect(await code(guard)).toBe('allowed')
    expect(lookup).toHaveBeenCalledTimes(101)
  })
})

describe('an answer that is there at once', () => {
  test('is asked for every time, and makes no Promise', () => {
    const lookup = vi.fn(() => RECORD)
    const guard = apiKey({ lookup })
    ask(guard)
    expect(promisesMadeBy(() => ask(guard).decision)).toMatchObject({ promises: 0, result: { allowed: true } })
    expect(lookup).toHaveBeenCalledTimes(2)
  })

  test('shares one answer as long as the record says the same', () => {
    const guard = apiKey({ lookup: () => ({ ...RECORD, scopes: [...RECORD.scopes] }) })
    expect(ask(guard).decision).toBe(ask(guard).decision)
  })

  test.each<readonly [string, (record: Record<string, unknown>) => void, string]>([
    ['revoked', (record) => Object.assign(record, { revoked: true }), 'key_revoked'],
    ['expired', (record) => Object.assign(record, { expiresAt: KEY_NOW }), 'key_expired'],
    ['replaced', (record) => Object.assign(record, { hash: 'A'.repeat(43) }), 'key_secret_mismatch'],
    [
      'given other addresses',
      (record) => (record.addresses as string[]).splice(0, 2, '198.51.100.1'),
      'key_address_refused',
    ],
    ['broken', (record) => Object.assign(record, { scopes: 'all' }), 'key_record_invalid'],
  ])('a record that is %s in its place acts at once', async (_name, change, expected) => {
    const record = { ...RECORD, addresses: [...RECORD.addresses!] }
    const guard = apiKey({ lookup: () => record })
    expect(await code(guard)).toBe('allowed')
    change(record as unknown as Record<string, unknown>)
    expect(await code(guard)).toBe(expected)
  })

  test('a scope that is taken from a record in its place is gone at once', () => {
    const scopes = [...RECORD.scopes]
    const guard = apiKey({ lookup: () => ({ ...RECORD, scopes }) })
    ask(guard)
    scopes.pop()
    const { principal } = (ask(guard).decision as never as { facts: { principal: { scopes: Set<string> } } }).facts
    expect([...principal.scopes]).toEqual(['reports:read'])
  })
})

describe('a lookup under way', () => {
  test('is one, however many wait for it', async () => {
    const { lookup, waiting } = slowLookup()
    const guard = apiKey({ lookup })
    const answers = Array.from({ length: 50 }, () => code(guard))
    expect(lookup).toHaveBeenCalledTimes(1)
    waiting[0]!.answer(RECORD)
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['allowed']))
  })

  test('of one key is not that of another', async () => {
    const { lookup, waiting } = slowLookup()
    const guard = apiKey({ lookup })
    const answers = [code(guard), code(guard, madeUp(1))]
    expect(waiting.map(({ id }) => id)).toEqual([KEY_ID, '0000000000000001'])
    for (const { answer } of waiting) answer(RECORD)
    expect(await Promise.all(answers)).toEqual(['allowed', 'key_record_invalid'])
  })

  test('that fails is 503 for all who wait, is not remembered, and recovers', async () => {
    const { lookup, waiting } = slowLookup()
    const guard = apiKey({ lookup })
    const answers = [ask(guard).decision, ask(guard).decision]
    waiting[0]!.fail()
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({
        kind: 'unavailable',
        code: 'key_store_unavailable',
        retryAfterSeconds: 1,
        cause: new Error('the database is away'),
      })
    }
    const again = code(guard)
    waiting[1]!.answer(RECORD)
    expect(await again).toBe('allowed')
  })

  test('that stays silent is 503 after two seconds, and the next is asked anew', async () => {
    vi.useFakeTimers()
    try {
      const { lookup, waiting } = slowLookup()
      const guard = apiKey({ lookup })
      const silent = code(guard)
      await vi.advanceTimersByTimeAsync(2_000)
      expect(await silent).toBe('key_store_unavailable')
      waiting[0]!.answer(RECORD) // too late: it counts for nothing
      const next = code(guard)
      expect(lookup).toHaveBeenCalledTimes(2)
      waiting[1]!.answer(undefined)
      expect(await next).toBe('key_unknown')
    } finally {
      vi.useRealTimers()
    }
  })

  test('is one of a thousand at most: beyond, 503 at once', async () => {
    const { lookup, waiting } = slowLookup()
    const guard = apiKey({ lookup })
    const answers = Array.from({ length: 1_000 }, (_, index) => code(guard, madeUp(index)))
    expect(await code(guard)).toBe('key_store_unavailable')
    expect(lookup).toHaveBeenCalledTimes(1_000)
    for (const { answer } of waiting) answer()
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['key_unknown']))
    const next = code(guard)
    waiting.at(-1)!.answer(RECORD)
    expect(await next).toBe('allowed')
  })
})

test.each<readonly [string, () => never]>([
  [
    'throws',
    () => {
      throw new Error('boom')
    },
  ],
  ['rejects', (() => Promise.reject(new Error('boom'))) as () => never],
])('a lookup that %s is a 503', async (_name, lookup) => {
  expect(await ask(apiKey({ lookup })).decision).toMatchObject({
    kind: 'unavailable',
    code: 'key_store_unavailable',
    cause: new Error('boom'),
  })
})

describe('what is wrong with a lookup that goes on', () => {
  const faulty = (fault: () => { event: string; code: string } | undefined, record?: ApiKeyRecord) =>
    apiKey({ lookup: Object.assign(() => record, { fault }) })
  const stale = () => ({ event: 'sys_monitor_disabled', code: 'replica_behind' })

  test.each<readonly [string, ApiKeyRecord | undefined, string]>([
    ['that is let in', RECORD, 'allowed'],
    ['that is refused', undefined, 'key_unknown'],
  ])('is noted with every key %s', async (_name, record, expected) => {
    expect(await code(faulty(stale, record))).toBe(expected)
    const { ctx } = ask(faulty(stale, record))
    expect(ctx.events).toEqual([{ event: 'sys_monitor_disabled', code: 'replica_behind', guard: 'apiKey' }])
  })

  test('is not noted without a key, nor where there is nothing wrong', () => {
    expect(ask(faulty(stale), 'no key').ctx.events).toEqual([])
    expect(ask(faulty(() => undefined, RECORD)).ctx.events).toEqual([])
  })

  test('that it cannot say is noted as well', () => {
    const { decision, ctx } = ask(
      faulty(() => {
        throw new Error('boom')
      }, RECORD),
    )
    expect(decision).toMatchObject({ allowed: true })
    expect(ctx.events).toMatchObject([{ code: 'key_lookup_faulty' }])
  })
})

describe('onUsed', () => {
  const using = (onUsed: ApiKeyOptions['onUsed'], rest: Partial<ApiKeyOptions> = {}) =>
    apiKey({ lookup: () => RECORD, onUsed, ...rest })

  test('is told once per key and minute', () => {
    const uses: ApiKeyUse[] = []
    const guard = using((use) => uses.push(use))
    for (const atMs of [0, 1, 59_999, 60_000, 60_001, 119_999, 120_000]) ask(guard, KEY, atMs)
    expect(uses.map(({ atMs }) => atMs - NOW_MS)).toEqual([0, 60_000, 120_000])
    expect(uses[0]).toEqual({ id: KEY_ID, client: 'billing', address: ADDRESS, atMs: NOW_MS })
  })

  test('is told of each key apart, and not of one that was refused', () => {
    const issued = [1, 2].map(() => issueApiKey({ client: 'a', scopes: [] }))
    const uses: string[] = []
    const lookup = (id: string) => issued.find(({ record }) => record.id === id)?.record
    const guard = using(({ id }) => uses.push(id), { lookup })
    for (const { key } of [...issued, ...issued]) ask(guard, key)
    ask(guard, KEY)
    ask(
      guard,
      issued[0]!.key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')),
      60_000,
    )
    expect(uses).toEqual(issued.map(({ record }) => record.id))
  })

  test('what it throws is noted, and lets the request pass', () => {
    const { decision, ctx } = ask(
      using(() => {
        throw new Error('boom')
      }),
    )
    expect(decision).toMatchObject({ allowed: true })
    expect(ctx.events).toEqual([{ event: 'sys_monitor_disabled', code: 'key_use_untold', guard: 'apiKey' }])
  })

  test('what it rejects with is nobody else\u0027s business', async () => {
    const rejections = await unhandledRejections(() => {
      const { decision } = ask(using(() => Promise.reject(new Error('boom'))))
      expect(decision).toMatchObject({ allowed: true })
    })
    expect(rejections).toEqual([])
  })
})
