import { createHash, timingSafeEqual } from 'node:crypto'
import type { NoFacts, RequestContext } from '../../context.js'
import {
  type Allowance,
  allow,
  type Challenge,
  challenge,
  type Decision,
  type Denial,
  invalid,
  type Unauthenticated,
} from '../../decision.js'
import type { Guard, MaybePromise } from '../../guard.js'
import { frozenSet } from '../../lib/frozen.js'
import { andThen } from '../../lib/maybe-promise.js'
import { callable, integerBetween, knownOptions, nonEmptyString, shown } from '../../lib/options.js'
import type { PrincipalFacts } from '../../principal.js'
import { CHALLENGE, definePrincipal } from '../../principal.js'
import { realmOf } from '../realm.js'
import type { ApiKeyLookup, ApiKeyLookupFault } from './api-key-lookup.js'
import type { ApiKeyRecord } from './api-key-record.js'
import { type KeyText, readKey } from './api-key-text.js'
import { type FoundKey, KeyRecords } from './key-records.js'
import { type ApiKeyUse, KeyUses } from './key-uses.js'

/** Where API keys are looked up, and how callers send them. */
export interface ApiKeyOptions {
  /** Finds the record of a key id: `apiKeyFile()`, a look in a database, in a map. */
  readonly lookup: ApiKeyLookup
  /** Name of this set of keys, the principal's issuer. Default: `urn:wardline:api-keys`. */
  readonly issuer?: string | undefined
  /** Field that a key may come in beside `Authorization`, 1 to 64 characters. Default: `x-api-key`. */
  readonly header?: string | undefined
  /** `realm` of the challenge, 1 to 200 characters of printable ASCII. Default: `api`. */
  readonly realm?: string | undefined
  /**
   * Seconds for which an answer of `lookup` that came as a Promise is used again, 0 to 300: so long may a revocation take to
   * act. Answers that come at once are asked for every time. Default: 5.
   */
  readonly cacheSeconds?: number | undefined
  /** Records to keep ready, and unknown ids to remember, 1 to 1 million each. Default: 10 000. */
  readonly maxCached?: number | undefined
  /** Told that a key was let in, once per key and minute. That it threw is noted in the audit event. Default: nobody is. */
  readonly onUsed?: ((use: ApiKeyUse) => unknown) | undefined
}

/**
 * Knows callers by API keys made by `issueApiKey()`, sent as `Authorization: ApiKey <key>` or in `X-API-Key`. Gives the fact
 * `principal`: of the kind `service`, with the client's name in `client`, and an `id` of its own for every key.
 *
 * Denies with 401 `key_missing` or `key_malformed`; with one and the same 401 for `key_unknown`, `key_secret_mismatch`,
 * `key_revoked`, `key_expired`, `key_address_refused` and `key_record_invalid`, which only the audit trail tells apart; with
 * 400 `key_repeated` for more than one key; with 503 `key_store_unavailable` when `lookup` fails.
 *
 * @throws TypeError for an option out of its range.
 */
export function apiKey(options: ApiKeyOptions): Guard<NoFacts, PrincipalFacts> {
  knownOptions('apiKey()', options, OPTIONS)
  const lookup = callable('lookup', options.lookup)
  if (lookup.fault !== undefined) callable('lookup.fault', lookup.fault)
  const field = fieldName(options.header ?? 'x-api-key')
  const issuer = nonEmptyString('issuer', options.issuer ?? 'urn:wardline:api-keys')
  const asked: Challenge = Object.freeze({
    scheme: SCHEME,
    params: Object.freeze({ realm: realmOf(options.realm ?? 'api') }),
  })
  const max = integerBetween('maxCached', options.maxCached ?? 10_000, 1, 1_000_000)
  const records = new KeyRecords({
    lookup,
    cacheMs: integerBetween('cacheSeconds', options.cacheSeconds ?? 5, 0, 300) * 1000,
    max,
    answerFor: (record) => answerFor(record, issuer, asked),
  })
  const uses = options.onUsed === undefined ? undefined : new KeyUses(callable('onUsed', options.onUsed), max)
  /** One answer for all; which key it was, the id says to the audit trail. */
  const refuse = (code: string, text?: KeyText): Unauthenticated => ({
    ...challenge(code, asked),
    ...(text !== undefined && { cause: new Error(`key ${text.id}`) }),
  })

  const admit = (ctx: RequestContext, { id }: KeyText, answer: Allowance<PrincipalFacts>): Decision<PrincipalFacts> => {
    const { client } = answer.facts.principal
    const use = { id, client: client!, address: ctx.client, atMs: ctx.nowMs }
    if (uses?.note(use) === false) ctx.report({ event: MONITOR_OFF, code: 'key_use_untold', guard: NAME })
    return answer
  }

  const judge = (ctx: RequestContext, text: KeyText, found: FoundKey): Decision<PrincipalFacts> => {
    const key = found !== undefined && 'hash' in found ? found : undefined
    // compared for keys that there are not as well, so that both take the same time
    const isSecret = isHashOf(key?.hash ?? NO_HASH, text.secret)
    if (found === undefined) return refuse('key_unknown', text)
    if (!('hash' in found)) {
      ctx.report({ event: MONITOR_OFF, code: 'key_record_invalid', guard: NAME })
      return { ...refuse('key_record_invalid'), cause: new TypeError(`key ${text.id}: ${found.fault}`) }
    }
    if (!isSecret) return refuse('key_secret_mismatch', text)
    if (found.revoked) return { ...refuse('key_revoked', text), event: 'authn_token_revoked' }
    if (!(ctx.nowMs < found.expiresAtMs)) return refuse('key_expired', text)
    if (!found.isFrom(ctx.client)) return refuse('key_address_refused', text)
    return admit(ctx, text, found.answer)
  }

  return Object.freeze({
    name: NAME,
    about: { room: 'identity', requires: { issuer, header: field } } as const,
    check: (ctx: RequestContext): MaybePromise<Decision<PrincipalFacts>> => {
      const sent = sentKey(ctx, field)
      if (sent === undefined) return refuse('key_missing')
      if (typeof sent !== 'string') return sent
      const text = readKey(sent)
      if (text === undefined) return refuse('key_malformed')
      return andThen(records.find(text.id, ctx.nowMs), (found) => {
        const fault = faultOf(lookup)
        if (fault !== undefined) ctx.report({ event: fault.event, code: fault.code, guard: NAME })
        return found !== undefined && 'allowed' in found ? found : judge(ctx, text, found)
      })
    },
  })
}

const OPTIONS = [
  'lookup',
  'issuer',
  'header',
  'realm',
  'cacheSeconds',
  'maxCached',
  'onUsed',
] as const satisfies readonly (keyof ApiKeyOptions)[]

const NAME = 'apiKey'
const SCHEME = 'ApiKey'
const MONITOR_OFF = 'sys_monitor_disabled'

const REPEATED: Denial = Object.freeze(invalid('key_repeated', 'There is more than one API key.'))

/** Scheme names are case-insensitive (RFC 9110 section 11.1). */
const CREDENTIALS = /^ApiKey(?: +(.*))?$/is

/** What is where a key belongs, once; another scheme of Authorization is as good as none. */
function sentKey({ headers }: RequestContext, field: string): string | Denial | undefined {
  const authorization = headers.get('authorization')
  const alone = headers.get(field)
  if (authorization !== undefined && headers.count('authorization') > 1) return REPEATED
  if (alone !== undefined && headers.count(field) > 1) return REPEATED
  const credentials = authorization === undefined ? null : CREDENTIALS.exec(authorization)
  if (credentials === null) return alone
  return alone === undefined ? (credentials[1] ?? '') : REPEATED
}

/** A lookup that cannot say how it is does not become a 500. */
function faultOf(lookup: ApiKeyLookup): ApiKeyLookupFault | undefined {
  try {
    return lookup.fault?.()
  } catch {
    return { event: MONITOR_OFF, code: 'key_lookup_faulty' }
  }
}

/** 256 random bits cannot be guessed, so a fast hash is enough. */
const isHashOf = (hash: Buffer, secret: string): boolean =>
  timingSafeEqual(hash, createHash('sha256').update(secret).digest())

/** No key's: whatever it is compared with, a key that there is not is refused. */
const NO_HASH = Buffer.alloc(32)

function answerFor(record: ApiKeyRecord, issuer: string, asked: Challenge): Allowance<PrincipalFacts> {
  const { id, client, scopes, roles = [], tenant } = record
  const principal = definePrincipal({
    // ids of keys have one length and no slash: no two keys make one principal, whatever their clients are called
    id: `${client}/${id}`,
    issuer,
    client,
    kind: 'service',
    scopes: frozenSet(scopes),
    roles: frozenSet(roles),
    tenant,
    claims: Object.freeze({ keyId: id }),
    proof: 'key',
    [CHALLENGE]: asked,
  })
  return Object.freeze(allow(Object.freeze({ principal })))
}

/** RFC 9110 section 5.6.2, in lower case. */
const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/
const TAKEN = ['authorization', 'proxy-authorization', 'cookie', 'host']

function fieldName(header: unknown): string {
  const name = typeof header === 'string' ? header.toLowerCase() : ''
  if (FIELD_NAME.test(name) && !TAKEN.includes(name)) return name
  throw new TypeError(`header must be the name of a field for keys alone, got ${shown(header)}`)
}
