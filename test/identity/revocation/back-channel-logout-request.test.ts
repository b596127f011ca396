import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type BackChannelLogoutOptions,
  backChannelLogout,
  memoryReplayStore,
  memoryRevocationStore,
} from '../../../src/index.js'
import type { TestRequest } from '../../support/context.js'
import {
  DONE,
  FORM,
  IDP,
  logoutToken,
  type Members,
  notingStore,
  posting,
  refused,
  service,
} from '../../support/logout.js'
import { LOGOUT_AUDIENCE, LOGOUT_CLAIMS, LOGOUT_ISSUER, LOGOUT_NOW } from '../../vectors/logout.js'

describe('the request', () => {
  const GOOD = logoutToken({ jti: 'fixed' })

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'post', ''])('%j is 405', async (method) => {
    const answer = await service().ask(posting(`logout_token=${GOOD}`, { method }))
    expect(answer).toMatchObject({ ...refused('method_refused'), status: 405, headers: [['allow', 'POST']] })
  })

  test.each<[what: string, lines: TestRequest['headers'] & object]>([
    ['no media type', []],
    ['JSON', [['content-type', 'application/json']]],
    ['plain text', [['content-type', 'text/plain']]],
    ['multipart', [['content-type', 'multipart/form-data; boundary=x']]],
    ['a type that begins so', [['content-type', 'application/x-www-form-urlencoded-2']]],
    ['another character set', [['content-type', 'application/x-www-form-urlencoded; charset=utf-16']]],
    ['two types', [FORM, FORM]],
    ['a compressed body', [FORM, ['content-encoding', 'gzip']]],
  ])('%s is 415', async (_what, headers) => {
    const answer = await service().ask(posting(`logout_token=${GOOD}`, { headers }))
    expect(answer).toMatchObject({ ...refused('unsupported_media_type'), status: 415, headers: [['accept', FORM[1]]] })
  })

  test.each([
    ['application/x-www-form-urlencoded; charset=UTF-8', `logout_token=${GOOD}`],
    ['Application/X-WWW-Form-URLEncoded', `logout_token=${GOOD}`],
    [FORM[1], `a=b&logout_token=${GOOD}&c`],
    [FORM[1], `logout%5Ftoken=${GOOD.replaceAll('.', '%2E')}`],
    [FORM[1], `logout_token=${GOOD}&Logout_token=x&logout_token[]=y`],
  ])('%s may be %.30s', async (type, body) => {
    expect(await service().ask(posting(body, { headers: [['content-type', type]] }))).toMatchObject(DONE)
  })

  test.each([
    ['', 'logout_token_missing'],
    ['logout_token', 'logout_malformed'],
    ['logout_token=', 'logout_malformed'],
    [`Logout_Token=${GOOD}`, 'logout_token_missing'],
    [`logout_token[]=${GOOD}`, 'logout_token_missing'],
    [`token=${GOOD}`, 'logout_token_missing'],
    [`logout_token=${GOOD}&logout_token=${GOOD}`, 'logout_token_repeated'],
    [`logout_token=&logout_token=${GOOD}`, 'logout_token_repeated'],
    [`logout_token=${GOOD}+`, 'logout_malformed'],
    [`logout_token=${GOOD}%00`, 'logout_malformed'],
    ['logout_token=%', 'logout_malformed'],
    [JSON.stringify({ logout_token: GOOD }), 'logout_token_missing'],
  ])('a form %.40j is %s', async (body, code) => {
    expect(await service().ask(posting(body))).toMatchObject(refused(code))
  })

  test.each<[what: string, parsed: unknown, answer: object]>([
    ['a form', { logout_token: GOOD, other: ['x'] }, DONE],
    ['a form without a prototype', Object.assign(Object.create(null), { logout_token: GOOD }), DONE],
    ['text', `logout_token=${GOOD}`, DONE],
    ['bytes', Buffer.from(`logout_token=${GOOD}`), DONE],
    ['two of them', { logout_token: [GOOD, GOOD] }, refused('logout_token_repeated')],
    ['one in a list', { logout_token: [GOOD] }, DONE],
    ['an empty list', { logout_token: [] }, refused('logout_token_missing')],
    ['one that is inherited', Object.create({ logout_token: GOOD }), refused('logout_token_missing')],
    ['an object in its place', { logout_token: { a: GOOD } }, refused('logout_malformed')],
    ['a number', { logout_token: 7 }, refused('logout_malformed')],
    [
      'one that is too long',
      { logout_token: logoutToken({ filler: 'x'.repeat(16_384) }) },
      refused('logout_malformed'),
    ],
    ['nothing', {}, refused('logout_token_missing')],
    ['null', null, refused('logout_token_missing')],
    ['a list', [GOOD], refused('logout_token_missing')],
  ])('where a parser of the framework left %s', async (_what, parsed, answer) => {
    expect(await service().ask(posting('', { parsed }))).toMatchObject(answer)
  })

  test('what a parser read is answered at once', () => {
    const guard = backChannelLogout({ issuers: [IDP], revocation: memoryRevocationStore() })
    expect(guard.check(posting('', { parsed: { logout_token: logoutToken() } }), {})).toMatchObject(DONE)
  })

  test.each([
    ['too_large', { kind: 'invalid', code: 'body_too_large', status: 413 }],
    ['timed_out', { kind: 'invalid', code: 'body_timeout', status: 408 }],
    ['incomplete', { kind: 'invalid', code: 'body_incomplete' }],
    ['already_read', { kind: 'internal', code: 'body_already_read' }],
  ] as const)('a body that is %s', async (reason, answer) => {
    expect(await service().ask(posting({ ok: false, reason }))).toMatchObject(answer)
  })

  test('no more than 16 KiB are asked for, within five seconds', async () => {
    const asked: number[][] = []
    const ctx = posting('')
    const body = {
      ...ctx.body,
      bytes: async (...bounds: [number, number]) => {
        asked.push(bounds)
        return { ok: false, reason: 'too_large' } as const
      },
    }
    await service().ask({ ...ctx, body })
    expect(asked).toEqual([[16_384, 5_000]])
  })

  test('whatever the body is, it is refused, and nothing is revoked', async () => {
    const revocation = notingStore()
    const { ask } = service({ revocation })
    const part = fc.oneof(
      fc.constantFrom('logout_token', '=', '&', '%', '%2', '.', '[', ']', ...GOOD.split('.').slice(0, 2)),
      fc.string({ unit: 'binary', maxLength: 10 }),
    )
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
    const form = fc.oneof(
      text,
      text.map((value) => `logout_token=${value}`),
      fc.uint8Array({ maxLength: 40 }),
    )
    await fc.assert(
      fc.asyncProperty(form, async (body) => {
        expect(await ask(posting(body))).toMatchObject({ kind: 'invalid' })
      }),
      { numRuns: 500 },
    )
    expect(revocation.calls).toEqual([])
  })

  test('whatever signed claims are, they are answered', async () => {
    const { logout } = service({ revocation: notingStore() })
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(LOGOUT_CLAIMS)))
    const claims = fc.dictionary(fc.constantFrom('jti', 'nonce', '__proto__', ...Object.keys(LOGOUT_CLAIMS)), value)
    await fc.assert(
      fc.asyncProperty(claims, async (own) => {
        const answer = await logout(logoutToken(own))
        expect(answer.allowed || answer.kind === 'invalid').toBe(true)
      }),
    )
  })
})

describe('options', () => {
  const revocation = memoryRevocationStore()

  test.each<[what: string, options: Partial<BackChannelLogoutOptions>, claims: Members, code: string | undefined]>([
    ['audience', { audience: 'crm-web' }, { aud: 'crm-web' }, undefined],
    ['audience', { audience: 'crm-web' }, {}, 'audience_mismatch'],
    ['audiences', { audience: ['crm-web', LOGOUT_AUDIENCE] }, {}, undefined],
    ['clockToleranceSeconds', { clockToleranceSeconds: 0 }, { exp: LOGOUT_NOW }, 'expired'],
    ['clockToleranceSeconds', { clockToleranceSeconds: 60 }, { exp: LOGOUT_NOW - 59 }, undefined],
    ['maxTokenAgeSeconds', { maxTokenAgeSeconds: 60 }, { iat: LOGOUT_NOW - 90 }, 'too_old'],
    ['maxTokenAgeSeconds', { maxTokenAgeSeconds: 3600 }, { iat: LOGOUT_NOW - 3600 }, undefined],
    ["the issuer's own tolerance", { issuers: [{ ...IDP, clockToleranceSeconds: 0 }] }, { exp: LOGOUT_NOW }, 'expired'],
  ])('%s: %j', async (_what, options, claims, code) => {
    const answer = await service(options).logout(logoutToken(claims))
    expect(answer).toMatchObject(code === undefined ? DONE : refused(`logout_${code}`))
  })

  test.each<[options: unknown, message: RegExp]>([
    [undefined, /options must be an object/],
    [{ revocation }, /issuers must be a list of 1 to 100 issuers, got undefined/],
    [{ issuers: [], revocation }, /issuers must be a list of 1 to 100 issuers, got an array/],
    [{ issuers: [IDP, IDP], revocation }, /issuers must not name one issuer twice/],
    [{ issuers: [{ issuer: 'http://idp.test', audience: 'a' }], revocation }, /issuer must be an https URL/],
    [{ issuers: [IDP] }, /revocation.revoke must be a function, got undefined/],
    [{ issuers: [IDP], revocation, replay: {} }, /replay.claim must be a function, got undefined/],
    [{ issuers: [IDP], revocation, audience: '' }, /audience must be a non-empty string/],
    [{ issuers: [IDP], revocation, audience: [] }, /audience must not be empty/],
    [{ issuers: [IDP], revocation, clockToleranceSeconds: 301 }, /clockToleranceSeconds must be .* 0 to 300, got 301/],
    [{ issuers: [IDP], revocation, maxTokenAgeSeconds: 0 }, /maxTokenAgeSeconds must be .* 1 to 3600, got 0/],
    [{ issuers: [IDP], revocation, revokedForSeconds: 0 }, /revokedForSeconds must be .* from 1 to 31622400, got 0/],
    [{ issuers: [IDP], revocation, audiences: 'a' }, /unknown option audiences/],
  ])('%j throws', (options, message) => {
    expect(() => backChannelLogout(options as BackChannelLogoutOptions)).toThrow(message)
    expect(() => backChannelLogout(options as BackChannelLogoutOptions)).toThrow(TypeError)
  })

  test('it says what it is', () => {
    const { name, about } = backChannelLogout({ issuers: [IDP], revocation, replay: memoryReplayStore() })
    expect({ name, about }).toEqual({
      name: 'backChannelLogout',
      about: { room: 'identity', requires: { issuers: [LOGOUT_ISSUER], logoutToken: true } },
    })
  })
})
