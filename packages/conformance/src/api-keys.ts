import { type ApiKeyRecord, type IssueApiKeyOptions, issueApiKey } from 'wardline'
import type { Tokens } from './tokens.js'

/** Addresses behind the proxy that one of the keys may be used from. */
export const KEY_RANGE = '198.51.100.0/24'

const issued = (options: Partial<IssueApiKeyOptions> = {}, change: Partial<ApiKeyRecord> = {}) => {
  const { key, record } = issueApiKey({ client: 'billing', scopes: ['reports:read'], ...options })
  return { key, record: { ...record, ...change } }
}

const KEYS = {
  key: issued({ roles: ['batch'], tenant: 'north' }),
  'key-second': issued(),
  'key-narrow': issued({ client: 'ledger', scopes: ['ledger:read'] }),
  'key-revoked': issued({}, { revoked: true }),
  'key-expired': issued({ expiresInSeconds: 60, nowMs: Date.now() - 3_600_000 }),
  'key-at-home': issued({ client: 'home', addresses: [KEY_RANGE] }),
  'key-unsound': issued({}, { scopes: 'reports:read' as never }),
}

/** What a service has stored, by id. Each has records of its own. */
export const keyRecords = (): Map<string, ApiKeyRecord> =>
  new Map(Object.values(KEYS).map(({ record }) => [record.id, record]))

/** Keys by the names of tokens, ids by `<name>-id`, and what callers make of keys. */
export const API_KEYS: Tokens = {
  ...Object.fromEntries(Object.entries(KEYS).map(([name, { key }]) => [name, key])),
  'key-unknown': issued().key,
  'key-guessed': `key_${KEYS.key.record.id}_${'0'.repeat(43)}`,
  'key-of-another': `key_${KEYS.key.record.id}_${KEYS['key-second'].key.split('_')[2]}`,
  'key-short': KEYS.key.key.slice(0, -1),
  'key-long': `${KEYS.key.key}0`,
}

/** Not secret: it names a key in the audit trail. */
export const KEY_ID = KEYS.key.record.id
