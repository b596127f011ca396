import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ALLOWED,
  all,
  allow,
  any,
  type Challenge,
  challenge,
  type Decision,
  exhaust,
  forbid,
  type Guard,
  internal,
  invalid,
  rateLimit,
  unavailable,
} from '../../src/index.js'
import type { RateCharge } from '../../src/rate/ledger.js'
import { contextFor } from '../support/context.js'
import { answering, decideNow, giving, later, stranger } from '../support/guards.js'

type AnyGuard = Guard<object, object>

const ctx = contextFor()
const anyOf = any as unknown as (...guards: readonly AnyGuard[]) => AnyGuard
const no = answering('no', forbid('no'))
const token = answering('token', challenge('token_missing', { scheme: 'Bearer', params: { realm: 'a' } }))
const key = answering('key', challenge('api_key_missing', { scheme: 'ApiKey' }, { scheme: 'Basic' }))
const unproven = answering('unproven', challenge('token_proof_missing', { scheme: 'DPoP', params: { error: 'e' } }))
const expired = answering('expired', challenge('token_expired', { scheme: 'DPoP' }))
const foreign = answering('foreign', challenge('certificate_not_allowed', { scheme: 'ClientCertificate' }))
const withoutProof = answering('withoutProof', challenge('proof_missing', { scheme: 'ApiKey' }))
const broken: AnyGuard = {
  name: 'broken',
  check: () => {
    throw new Error('boom')
  },
}

describe.each<[string, (guard: AnyGuard) => AnyGuard]>([
  ['sync', (guard) => guard],
  ['async', later],
])('%s alternatives', (_form, as) => {
  const ask = async (...guards: readonly AnyGuard[]) => decideNow(anyOf(...guards.map(as)), ctx)

  test.each<[string, readonly AnyGuard[], object]>([
    ['the first', [giving('one', { a: 1 }), giving('two', { a: 2 })], { a: 1 }],
    ['a later one', [no, token, giving('two', { a: 2 }), no], { a: 2 }],
    ['one behind an error', [broken, giving('two', { a: 2 })], { a: 2 }],
    ['one that gives nothing', [no, answering('open', allow())], {}],
  ])('%s that allows wins, and its facts alone are given', async (_name, guards, facts) =>
    expect(await ask(...guards)).toEqual({ ...ALLOWED, facts }),
  )

  test('those behind the winner are not asked', async () => {
    let asked = false
    const watching: AnyGuard = {
      name: 'watching',
      check: () => {
        asked = true
        return allow()
      },
    }
    await ask(no, giving('one', {}), watching)
    expect(asked).toBe(false)
    await ask(no, watching)
    expect(asked).toBe(true)
  })

  test('the winner gives its headers, and losers give none', async () =>
    expect(await ask(all(giving('one', {}, [['x-one', '1']]), no), giving('two', {}, [['x-two', '2']]))).toMatchObject({
      allowed: true,
      headers: [['x-two', '2']],
    }))

  test('all see the facts from ahead, and none from each other', async () => {
    const seen: object[] = []
    const looking = (name: string): AnyGuard => ({
      name,
      check: (_ctx, facts) => {
        seen.push({ ...facts })
        return forbid('no')
      },
    })
    const giver = all(giving('one', { a: 1 }), looking('inner'))
    await decideNow(all(giving('zero', { z: 0 }), anyOf(...[giver, looking('outer')].map(as))), ctx)
    expect(seen).toEqual([{ z: 0, a: 1 }, { z: 0 }])
  })

  test.each<[string, readonly AnyGuard[], string, string, readonly Challenge[]]>([
    ['one', [token], 'token_missing', 'token', [{ scheme: 'Bearer', params: { realm: 'a' } }]],
    [
      'all challenges, in order',
      [token, key],
      'token_missing',
      'token',
      [{ scheme: 'Bearer', params: { realm: 'a' } }, { scheme: 'ApiKey' }, { scheme: 'Basic' }],
    ],
    [
      'the code of a credential that was refused rather than of one that was not sent',
      [key, expired, token],
      'token_expired',
      'expired',
      [{ scheme: 'ApiKey' }, { scheme: 'Basic' }, { scheme: 'DPoP' }, { scheme: 'Bearer', params: { realm: 'a' } }],
    ],
    [
      'the code of a credential that the caller chose rather than of one that comes by itself',
      [foreign, unproven, expired],
      'token_proof_missing',
      'unproven',
      [{ scheme: 'ClientCertificate' }, { scheme: 'DPoP', params: { error: 'e' } }, { scheme: 'DPoP' }],
    ],
    [
      'the code of a credential that came without its proof',
      [key, unproven],
      'token_proof_missing',
      'unproven',
      [{ scheme: 'ApiKey' }, { scheme: 'Basic' }, { scheme: 'DPoP', params: { error: 'e' } }],
    ],
  ])('only 401s become one 401: %s', async (_name, guards, code, guard, challenges) =>
    expect(await ask(...guards)).toMatchObject({ allowed: false, kind: 'unauthenticated', code, guard, challenges }),
  )

  test('one 401 has the fields of all, each once, those of the most telling first', async () => {
    const withFields = (denial: Decision<object>, ...headers: [string, string][]) =>
      answering('some', { ...denial, headers } as Decision<object>)
    const refused = challenge('proof_stale', { scheme: 'DPoP', params: { error: 'use_dpop_nonce' } })
    const answer = await ask(
      withFields(challenge('key_missing', { scheme: 'ApiKey' }), ['x-key', '1'], ['DPoP-Nonce', 'of another']),
      withFields(refused, ['dpop-nonce', 'n'], ['cache-control', 'no-store']),
      token,
    )
    expect(answer).toMatchObject({ code: 'proof_stale' })
    expect(answer.headers).toEqual([
      ['dpop-nonce', 'n'],
      ['cache-control', 'no-store'],
      ['x-key', '1'],
    ])
    expect((await ask(token, key)).headers).toBeUndefined()
  })

  test('a field counts in one denial as it would alone, and lists of several are whole', async () => {
    const fields = (...headers: [string, string | undefined][]) => giving('fields', {}, headers)
    const hardened = fields(['Cache-Control', 'no-cache'], ['vary', 'origin'], ['www-authenticate', 'Negotiate'])
    const own = fields(['cache-control', 'private'], ['Vary', 'accept'], ['x-powered-by', undefined])
    expect((await ask(all(hardened, own, token), all(own, fields(['cache-control', 'public']), key))).headers).toEqual([
      ['cache-control', 'private'],
      ['vary', 'origin, accept'],
      ['www-authenticate', 'Negotiate'],
      ['x-powered-by', undefined],
      ['vary', 'accept'],
    ])
    expect((await ask(all(own, token), all(own, key))).headers).toHaveLength(3)
  })

  const refused = (code: string, error: string | undefined, rest: object = {}) =>
    answering(code, { ...challenge(code, { scheme: 'Bearer', params: error ? { error } : {} }), ...rest })
  test.each<[string, readonly AnyGuard[], string]>([
    [
      'an attack before what else is wrong',
      [refused('token_expired', 'invalid_token'), refused('key_revoked', undefined, { event: 'authn_token_revoked' })],
      'key_revoked',
    ],
    [
      'a nonce that is asked for before the other tenant',
      [refused('token_expired', 'invalid_token'), refused('dpop_nonce_missing', 'use_dpop_nonce')],
      'dpop_nonce_missing',
    ],
    ...['token_issuer_unknown', 'token_issuer_mismatch', 'token_audience_mismatch', 'token_audience_missing'].map(
      (code): [string, AnyGuard[], string] => [
        `what is wrong with a token before ${code} of another alternative`,
        [refused(code, 'invalid_token'), refused('token_expired', 'invalid_token')],
        'token_expired',
      ],
    ),
    [
      'a token of nobody before a wrong key',
      [refused('key_unknown', undefined), refused('token_key_unknown', 'invalid_token')],
      'token_key_unknown',
    ],
    [
      'a wrong key before a certificate that came by itself',
      [foreign, refused('key_unknown', undefined)],
      'key_unknown',
    ],
    ['a known caller before a stranger', [token, all(giving('key', { principal: 1 }), withoutProof)], 'proof_missing'],
    ['a certificate that came before what did not', [token, foreign], 'certificate_not_allowed'],
  ])('the audit trail is told of %s', async (_name, guards, code) =>
    expect(await ask(...guards)).toMatchObject({ code }),
  )

  test.each<[string, readonly AnyGuard[], readonly object[]]>([
    [
      'an attack, though another credential is good',
      [refused('dpop_replayed', 'invalid_dpop_proof', { event: 'authn_token_reuse' }), giving('two', {})],
      [{ event: 'authn_token_reuse', code: 'dpop_replayed', guard: 'dpop_replayed' }],
    ],
    [
      'an attack, though another is malformed',
      [
        refused('dpop_replayed', 'invalid_dpop_proof', { event: 'authn_token_reuse' }),
        answering('odd', invalid('key_repeated', '')),
      ],
      [{ event: 'authn_token_reuse', code: 'dpop_replayed', guard: 'dpop_replayed' }],
    ],
    [
      'a guess that is not the one told',
      [refused('token_malformed', 'invalid_token'), refused('key_secret_mismatch', undefined)],
      [{ event: 'authn_login_fail', code: 'key_secret_mismatch', guard: 'key_secret_mismatch' }],
    ],
    [
      'a store that is away, and an error',
      [answering('away', unavailable('away', 1)), broken, giving('two', {})],
      [
        { event: 'sys_monitor_disabled', code: 'away', guard: 'away' },
        { event: 'sys_monitor_disabled', code: 'guard_failed', guard: 'broken' },
      ],
    ],
    ...(
      [
        ['token_signature_invalid', 'invalid_token'],
        ['token_expired', 'invalid_token'],
        ['dpop_proof_missing', 'invalid_dpop_proof'],
        ['certificate_missing', 'invalid_token'],
        ['certificate_mismatch', 'invalid_token'],
        ['key_expired', undefined],
      ] as const
    ).map(([code, error]): [string, readonly AnyGuard[], readonly object[]] => [
      `${code}, though another credential is good`,
      [refused(code, error), giving('two', {})],
      [{ event: 'authn_login_fail', code, guard: code }],
    ]),
    ...(
      [
        ['token_issuer_mismatch', 'invalid_token'],
        ['token_audience_mismatch', 'invalid_token'],
        ['token_key_unknown', 'invalid_token'],
        ['token_malformed', 'invalid_token'],
        ['token_inactive', 'invalid_token'],
        ['token_type_refused', 'invalid_token'],
        ['token_scheme_mismatch', 'invalid_token'],
        ['token_proof_missing', 'invalid_token'],
        ['key_unknown', undefined],
      ] as const
    ).map(([code, error]): [string, readonly AnyGuard[], readonly object[]] => [
      `nothing of ${code}: it may be the other's`,
      [refused(code, error), giving('two', {})],
      [],
    ]),
    [
      'nothing of what is merely not allowed, or spent, or of another shape',
      [no, answering('full', exhaust('full', 1)), answering('odd', invalid('invalid_body', '')), giving('two', {})],
      [],
    ],
    ['nothing of what was not sent', [token, key, giving('two', {})], []],
    ['nothing of a certificate that came by itself', [foreign, giving('two', {})], []],
    [
      'nothing of a token that another knows',
      [refused('token_issuer_unknown', 'invalid_token'), giving('two', {})],
      [],
    ],
    ['nothing twice', [refused('token_expired', 'invalid_token'), token], []],
  ])('a notice tells of %s', async (_name, guards, notices) => {
    const own = contextFor()
    await decideNow(anyOf(...guards.map(as)), own)
    expect(own.events).toEqual(notices)
  })

  test('one any() in another says what one of them all would', async () => {
    const [certificate, guess] = [foreign, refused('key_secret_mismatch', undefined)].map(as) as [AnyGuard, AnyGuard]
    expect(await ask(anyOf(token, certificate), guess)).toMatchObject({ code: 'key_secret_mismatch' })
    expect(await ask(anyOf(certificate, guess), token)).toMatchObject({ code: 'key_secret_mismatch' })
  })

  test('the audit trail is told who it is', async () =>
    expect(await ask(token, all(giving('key', { principal: 1 }), withoutProof))).toMatchObject({
      facts: { principal: 1 },
    }))

  test.each<[string, readonly AnyGuard[], object]>([
    ['403 behind 401', [token, no], { kind: 'forbidden', code: 'no', guard: 'no' }],
    ['403 before 401', [no, token], { kind: 'forbidden', code: 'no', guard: 'no' }],
    ['the first 403', [token, no, answering('other', forbid('other'))], { kind: 'forbidden', code: 'no' }],
    ['400', [token, answering('odd', invalid('odd', ''))], { kind: 'invalid', code: 'odd' }],
    ['429', [token, answering('full', exhaust('full', 1))], { kind: 'exhausted', code: 'full' }],
    ['503', [token, answering('away', unavailable('away', 1))], { kind: 'unavailable', code: 'away' }],
    ['500', [token, answering('bad', internal(undefined))], { kind: 'internal', code: 'guard_failed', guard: 'bad' }],
    ['500 of a throw', [broken, token], { kind: 'internal', code: 'guard_failed', guard: 'broken' }],
    ['500 of no decision', [token, answering('odd', true)], { kind: 'internal', code: 'guard_failed', guard: 'odd' }],
  ])('a denial that is about more than 401 is preferred: %s', async (_name, guards, expected) =>
    expect(await ask(...guards)).toMatchObject({ allowed: false, ...expected }),
  )

  describe('charges', () => {
    const limits = { a: limited('a'), b: limited('b'), c: limited('c') }
    const spent = (decision: Decision<object>) =>
      decision.charges?.map((charge) => (charge as Partial<RateCharge>).limit?.name)
    const check = async (guard: AnyGuard) => spent(await guard.check(ctx, {}))

    test.each<[string, readonly AnyGuard[], readonly string[]]>([
      ['of an alternative that lost', [all(limits.a, no), giving('two', {})], ['a']],
      [
        'of every one that lost, and of the winner',
        [all(limits.a, no), all(limits.b, token), limits.c],
        ['a', 'b', 'c'],
      ],
      ['not of those that were not asked', [limits.a, limits.b], ['a']],
      ['of all, when none allows', [all(limits.a, no), all(limits.b, token)], ['b', 'a']],
      ['of all, each once, when all are 401', [all(limits.a, token), all(limits.b, key)], ['a', 'b']],
      ['of one, once', [all(limits.a, token)], ['a']],
    ])('are kept: %s', async (_name, guards, names) =>
      expect((await check(anyOf(...guards.map(as))))?.toSorted()).toEqual(names.toSorted()),
    )

    test('are not kept of an alternative that its own limit refused', async () => {
      const full = all(limits.a, answering('full', exhaust('rate_limited', 1)))
      expect(await check(anyOf(...[full, limits.b].map(as)))).toEqual(['b'])
    })
  })
})

function limited(name: string): AnyGuard {
  return rateLimit({ name, limit: 100, windowMs: 1000 })
}

test('any list of alternatives answers alike, whichever of them are asynchronous', () => {
  const answers = fc.constantFrom<unknown>(
    ALLOWED,
    allow({ a: 1 }),
    allow({ b: 2 }, [['x-b', '2']]),
    forbid('no'),
    stranger(),
    stranger('token_expired', 'other'),
    exhaust('full', 1),
    undefined,
  )
  return fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(answers, fc.boolean()), { minLength: 1, maxLength: 8 }), async (list) => {
      const guards = list.map(([answer], index) => answering(`g${index}`, answer))
      const mixed = guards.map((guard, index) => (list[index]![1] ? later(guard) : guard))
      const sync = decideNow(anyOf(...guards), ctx) as Decision<object>
      expect(await decideNow(anyOf(...mixed), ctx)).toEqual(sync)
      expect(sync.allowed).toBe(list.some(([answer]) => (answer as Decision | undefined)?.allowed === true))
    }),
    { numRuns: 500 },
  )
})
