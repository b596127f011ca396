import { describe, expect, test } from 'vitest'
import { toHttp } from '../../src/http/index.js'
import {
  type Authentication,
  all,
  type Denial,
  definePrincipal,
  type RequireAuthenticationOptions,
  requireAuthentication,
} from '../../src/index.js'
import { CHALLENGE, type Principal } from '../../src/principal.js'
import { contextFor } from '../support/context.js'
import { decideNow, giving, principal } from '../support/guards.js'
import {
  INSUFFICIENT,
  INSUFFICIENT_NUMBERS,
  STEP_UP_NOW,
  STEP_UP_RULES,
  STRONG,
  SUFFICIENT,
} from '../vectors/step-up.js'

const alice = (change: object = {}, rest: Partial<Principal> = {}): Principal =>
  definePrincipal({ ...principal(), authentication: { ...STRONG, ...change } as Authentication, ...rest })

const ask = (caller: Principal, options: RequireAuthenticationOptions = STEP_UP_RULES) =>
  decideNow(
    all(giving('jwt', { principal: caller }), requireAuthentication(options)),
    contextFor({ nowMs: STEP_UP_NOW * 1000 }),
  )

test.each(SUFFICIENT)('allows an authentication %s', (_input, change) =>
  expect(ask(alice(change))).toMatchObject({ allowed: true }),
)

describe('denies an authentication that is the allowed one, but for', () => {
  test.each([...INSUFFICIENT, ...INSUFFICIENT_NUMBERS].map((row) => [row.input, row] as const))(
    '%s',
    (_input, { change, code, asked }) => {
      const error = 'insufficient_user_authentication'
      expect(ask(alice(change))).toMatchObject({
        allowed: false,
        kind: 'unauthenticated',
        code,
        challenges: [
          { scheme: 'Bearer', params: { error, error_description: expect.stringMatching(/^[A-Z][a-z ]+$/), ...asked } },
        ],
      })
      const [challenge] = (ask(alice(change)) as Extract<Denial, { kind: 'unauthenticated' }>).challenges
      expect(Object.keys(challenge!.params!)).toEqual(['error', 'error_description', ...Object.keys(asked)])
    },
  )
})

describe('several requirements that are not met', () => {
  test.each<readonly [string, object, string, object]>([
    [
      'class and age',
      { acr: 'urn:example:pwd', authTime: STEP_UP_NOW - 900 },
      'authentication_class_insufficient',
      { acr_values: 'urn:example:phr urn:example:mfa', max_age: '300' },
    ],
    ['method and age', { amr: ['pwd'], authTime: undefined }, 'authentication_method_insufficient', { max_age: '300' }],
    [
      'class and method',
      { acr: undefined, amr: [] },
      'authentication_class_insufficient',
      { acr_values: 'urn:example:phr urn:example:mfa' },
    ],
  ])('%s: one challenge asks for all', (_name, change, code, asked) => {
    const decision = ask(alice(change))
    expect(decision).toMatchObject({ code, challenges: [{ scheme: 'Bearer', params: asked }] })
  })
})

test('an issuer that says nothing of the authentication is not enough', () =>
  expect(ask(principal())).toMatchObject({ kind: 'unauthenticated', code: 'authentication_class_insufficient' }))

describe('only what is asked for is looked at', () => {
  test.each<readonly [string, RequireAuthenticationOptions, object]>([
    ['a class', { acr: 'urn:example:mfa' }, { amr: [], authTime: undefined }],
    ['a method', { amr: 'otp' }, { acr: undefined, authTime: undefined }],
    ['an age', { maxAgeSeconds: 300 }, { acr: undefined, amr: [] }],
  ])('%s', (_name, options, change) => expect(ask(alice(change), options)).toMatchObject({ allowed: true }))
})

test.each([
  [0, 0, true],
  [0, -1, false],
  [1, -1, true],
])('with maxAgeSeconds %i an authentication %i s ago: allowed is %s', (maxAgeSeconds, ago, allowed) =>
  expect(ask(alice({ authTime: STEP_UP_NOW + ago }), { maxAgeSeconds })).toMatchObject({ allowed }),
)

test('the tolerance is for clocks that are ahead, and allows no age', () => {
  const options = { maxAgeSeconds: 300, clockToleranceSeconds: 0 }
  expect(ask(alice({ authTime: STEP_UP_NOW + 1 }), options)).toMatchObject({ code: 'authentication_too_old' })
  const tolerant = { maxAgeSeconds: 300, clockToleranceSeconds: 300 }
  expect(ask(alice({ authTime: STEP_UP_NOW - 301 }), tolerant)).toMatchObject({ code: 'authentication_too_old' })
  expect(ask(alice({ authTime: STEP_UP_NOW + 300 }), tolerant)).toMatchObject({ allowed: true })
})

// RFC 9470 section 3, RFC 9449 section 7.1: the scheme is the one that the caller used.
test('a caller with a DPoP token is asked by DPoP, with its algorithms', () => {
  const caller = alice(
    { acr: undefined, authTime: undefined },
    { proof: 'dpop', [CHALLENGE]: { scheme: 'DPoP', params: { algs: 'ES256 EdDSA' } } },
  )
  const { headers } = toHttp(ask(caller) as Denial, 'urn:uuid:0')
  expect(Object.fromEntries(headers)['www-authenticate']).toBe(
    'DPoP algs="ES256 EdDSA", error="insufficient_user_authentication", ' +
      'error_description="Stronger and more recent authentication is required", ' +
      'acr_values="urn:example:phr urn:example:mfa", max_age="300"',
  )
})

test('one kind of refusal is one frozen denial', () => {
  const guard = requireAuthentication(STEP_UP_RULES)
  const refusal = (change: object) => guard.check(contextFor(), { principal: alice(change) })
  expect(refusal({ acr: 'a' })).toBe(refusal({ acr: 'b' }))
  expect(refusal({ acr: 'a' })).not.toBe(refusal({ acr: 'a', authTime: 0 }))
  expect(Object.isFrozen(refusal({ acr: 'a' }))).toBe(true)
})

describe('is a TypeError:', () => {
  test.each<readonly [string, unknown, RegExp]>([
    ['no options', undefined, /options must be an object/],
    ['no requirement', {}, /give acr, amr or maxAgeSeconds/],
    ['a tolerance alone', { clockToleranceSeconds: 10 }, /give acr, amr or maxAgeSeconds/],
    ['a misspelt option', { acrs: 'a' }, /unknown option acrs/],
    ['no class', { acr: [] }, /^acr must hold 1 to 20/],
    ['too many classes', { acr: Array(21).fill('a') }, /^acr must hold 1 to 20/],
    ['an empty class', { acr: '' }, /^acr must hold names.*""/],
    ['a class with a space', { acr: 'a b' }, /^acr must hold names.*"a b"/],
    ['a class with a quote', { acr: ['a', 'b"'] }, /^acr must hold names/],
    ['a class with a backslash', { acr: 'a\\' }, /^acr must hold names/],
    ['a class with a line break', { acr: 'a\r\nb' }, /^acr must hold names/],
    ['a class beyond ASCII', { acr: '\u00e9' }, /^acr must hold names/],
    ['a class too long', { acr: 'a'.repeat(201) }, /^acr must hold names/],
    ['a class that is a number', { acr: 1 }, /^acr must hold names.*1/],
    ['null for a class', { acr: null }, /^acr must hold names.*null/],
    ['no method', { amr: [] }, /^amr must hold 1 to 20/],
    ['a method with a space', { amr: ['pwd otp'] }, /^amr must hold names/],
    ['an age as text', { maxAgeSeconds: '300' }, /^maxAgeSeconds must be an integer.*"300"/],
    ['a negative age', { maxAgeSeconds: -1 }, /^maxAgeSeconds must be an integer/],
    ['a fraction of an age', { maxAgeSeconds: 0.5 }, /^maxAgeSeconds must be an integer/],
    ['an age without end', { maxAgeSeconds: Number.POSITIVE_INFINITY }, /^maxAgeSeconds must be an integer/],
    ['a tolerance too wide', { maxAgeSeconds: 1, clockToleranceSeconds: 301 }, /^clockToleranceSeconds must be/],
  ])('%s', (_name, options, message) => {
    const make = () => requireAuthentication(options as RequireAuthenticationOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})

test('needs a principal', () =>
  expect(decideNow(requireAuthentication({ acr: 'a' }), contextFor())).toMatchObject({
    kind: 'internal',
    code: 'guard_failed',
  }))

test('describes itself, and cannot be changed', () => {
  const acr = ['urn:example:mfa']
  const guard = requireAuthentication({ acr, maxAgeSeconds: 300 })
  acr[0] = 'urn:example:none'
  expect(guard).toMatchObject({
    name: 'requireAuthentication(urn:example:mfa, 300 s)',
    about: { room: 'access', requires: { authentication: { acr: ['urn:example:mfa'], maxAgeSeconds: 300 } } },
  })
  expect(Object.isFrozen(guard)).toBe(true)
})
