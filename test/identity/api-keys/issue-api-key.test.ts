import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readKey } from '../../../src/identity/api-keys/api-key-text.js'
import {
  type ApiKeyRecord,
  apiKey,
  apiKeyFile,
  type IssueApiKeyOptions,
  issueApiKey,
  revokeApiKey,
  storeApiKey,
} from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { decideNow } from '../../support/guards.js'
import { KEY_NOW } from '../../vectors/api-keys.js'

const issue = (options: Partial<IssueApiKeyOptions> = {}) =>
  issueApiKey({ client: 'billing', scopes: ['reports:read'], ...options })

const codeOf = (key: string, record: ApiKeyRecord | undefined, nowMs = Date.now()) => {
  const ctx = contextFor({ headers: [['x-api-key', key]], nowMs })
  const decision = decideNow(apiKey({ lookup: () => record }), ctx)
  return 'then' in decision ? 'later' : decision.allowed ? 'allowed' : decision.code
}

describe('issueApiKey', () => {
  test('gives a key, and a record of which nobody can make it', () => {
    const { key, record } = issue({ nowMs: KEY_NOW * 1000 + 999 })
    expect(key).toMatch(/^key_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}$/)
    const [, id, secret] = key.split('_') as [string, string, string]
    expect(record).toEqual({
      id,
      hash: createHash('sha256').update(secret).digest('base64url'),
      client: 'billing',
      scopes: ['reports:read'],
      issuedAt: KEY_NOW,
    })
    expect(JSON.stringify(record)).not.toContain(secret)
    expect(codeOf(key, record)).toBe('allowed')
  })

  test('with all there is', () => {
    const rest = { roles: ['batch'], tenant: 'north', addresses: ['203.0.113.0/24'] }
    const { key, record } = issue({ ...rest, prefix: 'live2', expiresInSeconds: 60, nowMs: KEY_NOW * 1000 })
    expect(key).toMatch(/^live2_/)
    expect(record).toMatchObject({ ...rest, issuedAt: KEY_NOW, expiresAt: KEY_NOW + 60 })
    expect(codeOf(key, record, (KEY_NOW + 59) * 1000)).toBe('allowed')
    expect(codeOf(key, record, (KEY_NOW + 60) * 1000)).toBe('key_expired')
  })

  test('makes no key twice, and every character as often as another', () => {
    const keys = Array.from({ length: 1_000 }, () => issue().key)
    expect(new Set(keys.map((key) => key.split('_')[1])).size).toBe(1_000)
    const counts = new Map<string, number>()
    for (const character of keys.map((key) => key.split('_')[2]).join('')) {
      counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    expect(counts.size).toBe(62)
    const expected = (1_000 * 43) / 62 // about 694, with a deviation of 26
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(200)
  })

  test.each<readonly [string, unknown, RegExp]>([
    ['no options', undefined, /options must be an object/],
    ['a misspelt option', { client: 'a', scopes: [], scope: 'a' }, /unknown option scope/],
    ['no client', { scopes: [] }, /client is wrong: undefined/],
    ['an empty client', { client: '', scopes: [] }, /client is wrong: ""/],
    ['no scopes', { client: 'a' }, /scopes is wrong: undefined/],
    ['scopes in one text', { client: 'a', scopes: ['a b'] }, /scopes is wrong/],
    ['an address that is none', { client: 'a', scopes: [], addresses: ['here'] }, /addresses must hold/],
    ['every address', { client: 'a', scopes: [], addresses: ['::/0'] }, /covers every address/],
    ['no address', { client: 'a', scopes: [], addresses: [] }, /addresses is wrong/],
    ['a life of nothing', { client: 'a', scopes: [], expiresInSeconds: 0 }, /^expiresInSeconds must be/],
    ['a life as text', { client: 'a', scopes: [], expiresInSeconds: '60' }, /^expiresInSeconds must be/],
    ['a prefix with an underscore', { client: 'a', scopes: [], prefix: 'my_key' }, /^prefix must be/],
    ['a prefix in capitals', { client: 'a', scopes: [], prefix: 'Key' }, /^prefix must be/],
    ['a prefix of one letter', { client: 'a', scopes: [], prefix: 'k' }, /^prefix must be/],
    ['a time that is none', { client: 'a', scopes: [], nowMs: Number.NaN }, /^nowMs must be/],
  ])('is a TypeError of %s', (_name, options, message) => {
    const make = () => issueApiKey(options as IssueApiKeyOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})

test('what is read of a text is all of it', () => {
  const part = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'aZ09_-'), minLength: length - 1, maxLength: length + 1 })
  fc.assert(
    fc.property(part(4), part(16), part(43), (prefix, id, secret) => {
      const text = `${prefix}_${id}_${secret}`
      const read = readKey(text)
      if (read !== undefined) expect(text).toBe(`${text.slice(0, text.indexOf('_'))}_${read.id}_${read.secret}`)
      if (read !== undefined) expect([read.id.length, read.secret.length]).toEqual([16, 43])
    }),
  )
})

describe('a file of keys', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wardline-keys-'))
    path = join(folder, 'keys.json')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const content = () => JSON.parse(readFileSync(path, 'utf8'))

  test('is made by the first key, for its owner alone', async () => {
    const { record } = issue()
    await storeApiKey(path, record)
    expect(content()).toEqual([record])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await expect(async () => statSync(`${path}.next`)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('gets keys appended, and their use ended', async () => {
    const [one, two] = [issue(), issue({ client: 'ledger' })]
    for (const { record } of [one, two]) await storeApiKey(path, record)
    const codes = () => {
      const lookup = apiKeyFile({ path })
      return [one, two].map(({ key, record }) => codeOf(key, lookup(record.id) as ApiKeyRecord))
    }
    expect(codes()).toEqual(['allowed', 'allowed'])
    await revokeApiKey(path, one.record.id)
    expect(codes()).toEqual(['key_revoked', 'allowed'])
    await revokeApiKey(path, one.record.id)
    expect(content()).toEqual([{ ...one.record, revoked: true }, two.record])
  })

  test('keeps what else is in it: its form, other members, broken records; and loses other permissions', async () => {
    writeFileSync(path, JSON.stringify({ version: 1, keys: ['broken', null], note: 'x' }))
    chmodSync(path, 0o644)
    const { record } = issue()
    await storeApiKey(path, record)
    await revokeApiKey(path, record.id)
    expect(content()).toEqual({ version: 1, keys: ['broken', null, { ...record, revoked: true }], note: 'x' })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('where it is a link, the file behind it is replaced', async () => {
    const behind = join(folder, 'behind.json')
    writeFileSync(behind, '[]')
    symlinkSync('behind.json', path)
    await storeApiKey(path, issue().record)
    expect(JSON.parse(readFileSync(behind, 'utf8'))).toHaveLength(1)
  })

  test('revokes every record of an id, broken ones too', async () => {
    const { record } = issue()
    writeFileSync(path, JSON.stringify([record, { id: record.id }]))
    await revokeApiKey(path, record.id)
    expect(content()).toEqual([
      { ...record, revoked: true },
      { id: record.id, revoked: true },
    ])
  })

  test('loses no key of many that are stored at once', async () => {
    const records = Array.from({ length: 20 }, () => issue().record)
    await Promise.all(records.map((record) => storeApiKey(path, record)))
    expect(new Set(content().map(({ id }: ApiKeyRecord) => id))).toEqual(new Set(records.map(({ id }) => id)))
  })

  test.each<readonly [string, string | undefined, () => Promise<void>, RegExp]>([
    ['a record that is not sound', '[]', () => storeApiKey(path, { ...issue().record, hash: '' }), /hash is wrong: ""/],
    ['a broken file', '[{', () => storeApiKey(path, issue().record), /JSON/],
    ['a file of something else', '{}', () => storeApiKey(path, issue().record), /expected a list of records/],
    ['a key that is not there', '[]', () => revokeApiKey(path, '0123456789ABCDEF'), /there is no record 0123/],
    ['a key where no file is', undefined, () => revokeApiKey(path, '0123456789ABCDEF'), /there is no record 0123/],
    [
      'a text that is no id',
      '[]',
      () => revokeApiKey(path, 'key_0123456789ABCDEF_x'),
      /^id must be the middle part of a key$/,
    ],
  ])('is left as it was by %s', async (_name, before, change, message) => {
    if (before !== undefined) writeFileSync(path, before)
    await expect(change()).rejects.toThrow(message)
    if (before !== undefined) expect(readFileSync(path, 'utf8')).toBe(before)
    else expect(() => statSync(path)).toThrow('ENOENT')
    expect(() => statSync(`${path}.next`)).toThrow('ENOENT')
  })

  test('takes no id twice', async () => {
    const { record } = issue()
    await storeApiKey(path, record)
    await expect(storeApiKey(path, record)).rejects.toThrow(`there is a record ${record.id} already`)
    expect(content()).toEqual([record])
  })

  test('that another process holds is not touched: after five seconds an error says what is in the way', async () => {
    writeFileSync(path, '[]')
    writeFileSync(`${path}.next`, 'half')
    await expect(storeApiKey(path, issue().record)).rejects.toThrow(/keys\.json\.next is there/)
    expect([readFileSync(path, 'utf8'), readFileSync(`${path}.next`, 'utf8')]).toEqual(['[]', 'half'])
  })
})
