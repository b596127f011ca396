import { createHash } from 'node:crypto'
import { integerBetween, knownOptions, shown } from '../../lib/options.js'
import { type ApiKeyRecord, recordFault } from './api-key-record.js'
import { isKeyPrefix, newKeyText } from './api-key-text.js'

/** Whom a new key is for, what it may do and for how long. */
export interface IssueApiKeyOptions extends Pick<ApiKeyRecord, 'client' | 'scopes' | 'roles' | 'tenant' | 'addresses'> {
  /** How long the key lives, in seconds, 1 to 3 153 600 000 (a hundred years). Default: until it is revoked. */
  readonly expiresInSeconds?: number | undefined
  /**
   * First part of the key: tells people and scanners for leaked secrets what they found. A lower case letter, then 1 to
   * 15 lower case letters and digits. Not held against anything. Default: `key`.
   */
  readonly prefix?: string | undefined
  /** When it is issued, in milliseconds since the epoch, 0 to 10^14. Default: now. */
  readonly nowMs?: number | undefined
}

/** A key, once and never again, and what to store of it. */
export interface IssuedApiKey {
  /** `prefix_id_secret`, for whoever is to use it. */
  readonly key: string
  /** What to store: the key cannot be made of it. */
  readonly record: ApiKeyRecord
}

/**
 * Makes an API key of 256 random bits. Show `key` to its holder and forget it; store `record`.
 *
 * @throws TypeError for an option out of its range.
 */
export function issueApiKey(options: IssueApiKeyOptions): IssuedApiKey {
  knownOptions('issueApiKey()', options, OPTIONS)
  const { prefix = 'key', nowMs = Date.now(), expiresInSeconds, client, scopes, roles, tenant, addresses } = options
  if (!isKeyPrefix(prefix)) {
    throw new TypeError(`prefix must be 2 to 16 lower case letters and digits, a letter first, got ${shown(prefix)}`)
  }
  const { id, secret } = newKeyText()
  const issuedAt = Math.floor(integerBetween('nowMs', nowMs, 0, 10 ** 14) / 1000)
  const record: ApiKeyRecord = {
    id,
    hash: createHash('sha256').update(secret).digest('base64url'),
    client,
    scopes,
    ...(roles !== undefined && { roles }),
    ...(tenant !== undefined && { tenant }),
    issuedAt,
    ...(expiresInSeconds !== undefined && {
      expiresAt: issuedAt + integerBetween('expiresInSeconds', expiresInSeconds, 1, MAX_LIFE_SECONDS),
    }),
    ...(addresses !== undefined && { addresses }),
  }
  const fault = recordFault(record)
  if (fault !== undefined) throw new TypeError(`issueApiKey(): ${fault}`)
  return { key: `${prefix}_${id}_${secret}`, record }
}

const OPTIONS = [
  'client',
  'scopes',
  'roles',
  'tenant',
  'addresses',
  'expiresInSeconds',
  'prefix',
  'nowMs',
] as const satisfies readonly (keyof IssueApiKeyOptions)[]

const MAX_LIFE_SECONDS = 3_153_600_000
