import { addressMatcher } from '../../lib/address.js'
import { isObject } from '../../lib/json-value.js'
import { shown } from '../../lib/options.js'
import { isScopeToken } from '../../lib/scope-token.js'
import { isKeyId } from './api-key-text.js'

/** What is stored of an API key. Nobody can make the key of it. */
export interface ApiKeyRecord {
  /** The middle part of the key, 16 letters and digits. Names the key in logs, and to revoke it. */
  readonly id: string
  /** SHA-256 of the secret, the last part of the key, in base64url. */
  readonly hash: string
  /** Who holds the key: 1 to 200 characters, no control characters. Several keys may have one client. */
  readonly client: string
  /** What it may do: up to 100 scopes (RFC 6749 section 3.3) of at most 200 characters. */
  readonly scopes: readonly string[]
  /** Up to 100, each of the same form as `client`. Default: none. */
  readonly roles?: readonly string[] | undefined
  /** Whom the client belongs to, in the same form as `client`. Default: nobody. */
  readonly tenant?: string | undefined
  /** In seconds since the epoch, 0 to 100 000 000 000. */
  readonly issuedAt: number
  /** In seconds since the epoch, 0 to 100 000 000 000: from then on the key is refused. Default: never. */
  readonly expiresAt?: number | undefined
  /** Addresses and CIDR ranges that the key may be used from, 1 to 100. Default: from everywhere. */
  readonly addresses?: readonly string[] | undefined
  /** Whether the key is refused from now on. Default: false. */
  readonly revoked?: boolean | undefined
}

/** All members, so that a comparison forgets none. */
export const RECORD_MEMBERS = [
  'id',
  'hash',
  'client',
  'scopes',
  'roles',
  'tenant',
  'issuedAt',
  'expiresAt',
  'addresses',
  'revoked',
] as const satisfies readonly (keyof ApiKeyRecord)[]

/**
 * What is wrong with a record; undefined for a sound one. `null` is not absent: whoever reads rows of a database leaves
 * such members out.
 */
export function recordFault(value: unknown): string | undefined {
  if (!isObject(value)) return `a record is no ${shown(value)}`
  const wrong = RECORD_MEMBERS.find((member) => !RULES[member](value[member]))
  return wrong === undefined ? addressFault(value.addresses) : `${wrong} is wrong: ${shown(value[wrong])}`
}

function addressFault(addresses: unknown): string | undefined {
  try {
    if (addresses !== undefined) addressMatcher('addresses', addresses as readonly string[])
    return undefined
  } catch (cause) {
    return (cause as Error).message
  }
}

const MAX_LIST = 100
/** SHA-256 in base64url: 43 characters, the last of which holds four bits. */
const HASH = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const NAME = /^[^\p{C}]{1,200}$/u
const MAX_SCOPE_LENGTH = 200
/** The year 5138. What is later was meant in milliseconds, and would never expire. */
const MAX_SECONDS = 100_000_000_000

const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value)

const isScope = (value: unknown): boolean => isScopeToken(value) && value.length <= MAX_SCOPE_LENGTH

const listOf =
  (isItem: (value: unknown) => boolean, min = 0) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length >= min && value.length <= MAX_LIST && value.every(isItem)

const optional =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || holds(value)

const isSeconds = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= MAX_SECONDS

const RULES: Readonly<Record<keyof ApiKeyRecord, (value: unknown) => boolean>> = {
  id: isKeyId,
  hash: matches(HASH),
  client: matches(NAME),
  scopes: listOf(isScope),
  roles: optional(listOf(matches(NAME))),
  tenant: optional(matches(NAME)),
  issuedAt: isSeconds,
  expiresAt: optional(isSeconds),
  // an empty list would be a key for nobody, and more likely a mistake than meant
  addresses: optional(listOf((value) => typeof value === 'string', 1)),
  revoked: optional((value) => typeof value === 'boolean'),
}
