import { createHash } from 'node:crypto'
import type { ApiKeyRecord } from '../../src/index.js'

/** When requests arrive, in seconds since the epoch. */
export const KEY_NOW = 1_700_000_000

export const KEY_ID = '0123456789ABCDEF'
/** Of no key that anybody has. */
export const KEY_SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ'
export const KEY = `key_${KEY_ID}_${KEY_SECRET}`
export const ADDRESS = '203.0.113.7'

/** What is stored of `KEY`, with every member there is. */
export const RECORD: ApiKeyRecord = {
  id: KEY_ID,
  hash: createHash('sha256').update(KEY_SECRET).digest('base64url'),
  client: 'billing',
  scopes: ['reports:read', 'reports:list'],
  roles: ['batch'],
  tenant: 'north',
  issuedAt: KEY_NOW - 3600,
  expiresAt: KEY_NOW + 3600,
  addresses: ['203.0.113.0/24', '2001:db8::/32'],
  revoked: false,
}

/** Texts that are no key, each `KEY` with one thing changed. */
export const MALFORMED_KEYS: readonly (readonly [input: string, text: string])[] = [
  ['nothing', ''],
  ['an id alone', KEY_ID],
  ['no prefix', `${KEY_ID}_${KEY_SECRET}`],
  ['an empty prefix', `_${KEY_ID}_${KEY_SECRET}`],
  ['a prefix of one letter', `k_${KEY_ID}_${KEY_SECRET}`],
  ['a prefix of 17 letters', `${'k'.repeat(17)}_${KEY_ID}_${KEY_SECRET}`],
  ['a prefix in capitals', `KEY_${KEY_ID}_${KEY_SECRET}`],
  ['a prefix that begins with a digit', `1ey_${KEY_ID}_${KEY_SECRET}`],
  ['a prefix with an underscore', `my_key_${KEY_ID}_${KEY_SECRET}`],
  ['an id a character short', `key_${KEY_ID.slice(1)}_${KEY_SECRET}`],
  ['an id a character long', `key_${KEY_ID}0_${KEY_SECRET}`],
  ['an id with a dash', `key_${KEY_ID.slice(1)}-_${KEY_SECRET}`],
  ['an id with an underscore', `key_${KEY_ID.slice(1)}__${KEY_SECRET}`],
  ['an id with a slash', `key_${KEY_ID.slice(1)}/_${KEY_SECRET}`],
  ['no secret', `key_${KEY_ID}`],
  ['an empty secret', `key_${KEY_ID}_`],
  ['a secret a character short', `key_${KEY_ID}_${KEY_SECRET.slice(1)}`],
  ['a secret a character long', `${KEY}0`],
  ['a secret with a dash', `key_${KEY_ID}_${KEY_SECRET.slice(1)}-`],
  ['a secret with an underscore', `key_${KEY_ID}_${KEY_SECRET.slice(1)}_`],
  ['a fourth part', `${KEY}_0`],
  ['padding', `${KEY}=`],
  ['a quoted key', `"${KEY}"`],
  ['two keys in a list', `${KEY}, ${KEY}`],
  ['two keys', `${KEY} ${KEY}`],
  ['a space behind', `${KEY} `],
  ['a line break behind', `${KEY}\n`],
  ['a NUL behind', `${KEY}\0`],
  ['dashes for underscores', KEY.replaceAll('_', '-')],
  ['a digit beyond ASCII', `key_${KEY_ID.slice(1)}\u0660_${KEY_SECRET}`],
  ['a look-alike letter', `key_${KEY_ID}_${KEY_SECRET.slice(1)}\u0430`],
  ['a percent sign', `key%5F${KEY_ID}_${KEY_SECRET}`],
  ['a header scheme twice', `ApiKey ${KEY}`],
  ['much', 'a'.repeat(16_000)],
  ['many underscores', '_'.repeat(16_000)],
]

/** One member of a record, or one thing of the request, is other than it should be. */
export interface KeyCase {
  readonly input: string
  readonly change: Readonly<Partial<Record<keyof ApiKeyRecord, unknown>>>
  readonly code: string
}

/** Sound records that let nobody in. RFC 4648 section 5 is how `hash` is written. */
export const REFUSED_KEYS: readonly KeyCase[] = [
  { input: 'revoked', change: { revoked: true }, code: 'key_revoked' },
  { input: 'expired now', change: { expiresAt: KEY_NOW }, code: 'key_expired' },
  { input: 'expired long ago', change: { expiresAt: 0 }, code: 'key_expired' },
  { input: 'of another address', change: { addresses: ['203.0.113.8'] }, code: 'key_address_refused' },
  { input: 'of another range', change: { addresses: ['203.0.112.0/24'] }, code: 'key_address_refused' },
  { input: 'of IPv6 only', change: { addresses: ['2001:db8::/32'] }, code: 'key_address_refused' },
  { input: 'of another secret', change: { hash: 'A'.repeat(43) }, code: 'key_secret_mismatch' },
  {
    input: 'of the whole key instead of its secret',
    change: { hash: createHash('sha256').update(KEY).digest('base64url') },
    code: 'key_secret_mismatch',
  },
]

const unsound = (member: keyof ApiKeyRecord, rows: Readonly<Record<string, unknown>>): readonly KeyCase[] =>
  Object.entries(rows).map(([name, value]) => ({
    input: `${member} ${name}`,
    change: { [member]: value },
    code: 'key_record_invalid',
  }))

const NOT_TEXT = { null: null, 'a number': 1, 'a list': ['a'], 'an object': {}, empty: '' }
const NOT_SECONDS = {
  null: null,
  'as text': String(KEY_NOW),
  'a date': '2099-01-01T00:00:00Z',
  negative: -1,
  'not a number': Number.NaN,
  'without end': Number.POSITIVE_INFINITY,
  'in milliseconds': KEY_NOW * 1000,
}

/** Records that are `RECORD` with one member that cannot be. */
export const UNSOUND_RECORDS: readonly KeyCase[] = [
  ...unsound('id', { ...NOT_TEXT, missing: undefined, 'of another key': 'FEDCBA9876543210', short: 'abc' }),
  ...unsound('hash', {
    ...NOT_TEXT,
    missing: undefined,
    short: 'A'.repeat(42),
    long: 'A'.repeat(44),
    padded: `${'A'.repeat(43)}=`,
    'in hexadecimal': '0'.repeat(64),
    'in base64': `+${'A'.repeat(42)}`,
    'with bits over': `${'A'.repeat(42)}B`,
    'the secret itself, of which the last bits are over': KEY_SECRET.replace(/.$/, 'Z'),
  }),
  ...unsound('client', { ...NOT_TEXT, missing: undefined, 'with a line break': 'a\nb', long: 'a'.repeat(201) }),
  ...unsound('scopes', {
    missing: undefined,
    null: null,
    'as text': 'reports:read',
    'with two in one': ['reports:read reports:list'],
    'with an empty one': [''],
    'with a number': [1],
    'a set': new Set(['reports:read']),
    'too many': Array(101).fill('a'),
  }),
  ...unsound('roles', { null: null, 'as text': 'batch', 'with an empty one': [''], 'with a number': [1] }),
  ...unsound('tenant', NOT_TEXT),
  ...unsound('issuedAt', { ...NOT_SECONDS, missing: undefined }),
  ...unsound('expiresAt', NOT_SECONDS),
  ...unsound('addresses', {
    null: null,
    empty: [],
    'as text': '203.0.113.7',
    'with every one': ['0.0.0.0/0'],
    'with a name': ['localhost'],
    'with a number': [1],
    'with a broken one': ['203.0.113.0/24', '203.0.113.0/33'],
  }),
  ...unsound('revoked', { null: null, 'as text': 'false', 'a number': 0, 'a time': KEY_NOW }),
]
