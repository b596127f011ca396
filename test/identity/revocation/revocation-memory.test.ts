import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryRevocationStore, type RevocableToken, type Revocation } from '../../../src/index.js'

const NOW_MS = 1_700_000_000_000
const DAY_MS = 86_400_000
const UNTIL_MS = NOW_MS + DAY_MS

const TOKEN: RevocableToken = {
  issuer: 'https://idp.test',
  tokenId: 'token-1',
  subject: 'alice',
  client: 'shop',
  sessionId: 'session-1',
  issuedAtMs: NOW_MS - 60_000,
  expiresAtMs: NOW_MS + 300_000,
}
const { issuer } = TOKEN

const BY = {
  token: { by: 'token', issuer, tokenId: 'token-1' },
  session: { by: 'session', issuer, sessionId: 'session-1' },
  subject: { by: 'subject', issuer, subject: 'alice', beforeMs: NOW_MS },
  client: { by: 'client', issuer, client: 'shop', beforeMs: NOW_MS },
} as const satisfies Readonly<Record<string, Revocation>>

const storeOf = (...revocations: readonly Revocation[]) => {
  const store = memoryRevocationStore()
  for (const revocation of revocations) store.revoke(revocation, UNTIL_MS, NOW_MS)
  return store
}

const isRevoked = (revocation: Revocation, token: Partial<RevocableToken> = {}, nowMs = NOW_MS) =>
  storeOf(revocation).isRevoked({ ...TOKEN, ...token }, nowMs)

describe('a token', () => {
  test('is not revoked where nothing is', () => expect(storeOf().isRevoked(TOKEN, NOW_MS)).toBe(false))

  test.each(Object.values(BY))('is revoked by its $by', (revocation) => {
    expect(isRevoked(revocation)).toBe(true)
  })

  test.each([
    ['another', 'bob'],
    ['no', undefined],
  ])('is revoked by its subject where that is its mapped id, beside %s subject', (_what, subject) => {
    expect(isRevoked(BY.subject, { subject, id: 'alice' })).toBe(true)
  })

  test.each<[by: keyof typeof BY, what: string, other: Partial<RevocableToken>]>([
    ['token', 'another id', { tokenId: 'token-2' }],
    ['token', 'a longer id', { tokenId: 'token-11' }],
    ['token', 'another issuer', { issuer: 'https://other.test' }],
    ['token', 'an id that is its subject', { tokenId: 'x', subject: 'token-1' }],
    ['session', 'another session', { sessionId: 'session-2' }],
    ['session', 'no session', { sessionId: undefined }],
    ['session', 'another issuer with such a session', { issuer: 'https://other.test' }],
    ['session', 'a client named like it', { sessionId: undefined, client: 'session-1' }],
    ['subject', 'another subject', { subject: 'bob' }],
    ['subject', 'the subject in other letters', { subject: 'Alice' }],
    ['subject', 'no subject', { subject: undefined }],
    ['subject', 'another subject and id', { subject: 'bob', id: 'Alice' }],
    ['subject', 'another issuer with such a subject', { issuer: 'https://idp.test/' }],
    ['subject', 'a client of that name', { subject: 'bob', client: 'alice' }],
    ['subject', 'a name of every object', { subject: '__proto__' }],
    ['client', 'another client', { client: 'shop-2' }],
    ['client', 'no client', { client: undefined }],
    ['client', 'another issuer with such a client', { issuer: '' }],
  ])('is not revoked by a %s when it has %s', (by, _what, other) => {
    expect(isRevoked(BY[by], other)).toBe(false)
  })

  test.each([
    ['long before', NOW_MS - DAY_MS, true],
    ['at the same moment', NOW_MS, true],
    ['in the same second', NOW_MS + 999, true],
    ['in the next second', NOW_MS + 1_000, false],
    ['later', NOW_MS + 60_000, false],
    ['at no known time', Number.NEGATIVE_INFINITY, true],
    ['at a time that is none', Number.NaN, true],
  ])('issued %s is revoked by a subject or client before now: %s', (_when, issuedAtMs, expected) => {
    expect(isRevoked(BY.subject, { issuedAtMs })).toBe(expected)
    expect(isRevoked(BY.client, { issuedAtMs })).toBe(expected)
    // a session that ended and a token that was taken back are so whenever they began
    expect([isRevoked(BY.session, { issuedAtMs }), isRevoked(BY.token, { issuedAtMs })]).toEqual([true, true])
  })

  test.each([
    ['NUL and the like', 'a\0b', 'a', 'b'],
    ['colons', 'https://a:b', 'https://a', 'b'],
    ['slashes', 'a/b', 'a', 'b'],
  ])('%s in issuer and id make no other pair', (_what, whole, head, tail) => {
    const store = storeOf({ by: 'session', issuer: whole, sessionId: tail })
    for (const issuer of [head, `${head}${tail}`]) {
      for (const sessionId of [tail, `${tail}${tail}`, `${whole}${tail}`]) {
        expect(store.isRevoked({ ...TOKEN, issuer, sessionId }, NOW_MS)).toBe(false)
      }
    }
    expect(store.isRevoked({ ...TOKEN, issuer: whole, sessionId: tail }, NOW_MS)).toBe(true)
  })

  test.each([1, 126, 127, 128, 129, 10_000])('ids of %i characters are told apart', (length) => {
    const id = 'x'.repeat(length)
    const store = storeOf({ by: 'session', issuer, sessionId: id })
    expect(store.isRevoked({ ...TOKEN, sessionId: id }, NOW_MS)).toBe(true)
    expect(store.isRevoked({ ...TOKEN, sessionId: `${id}x` }, NOW_MS)).toBe(false)
    expect(store.isRevoked({ ...TOKEN, sessionId: `${id.slice(1)}y` }, NOW_MS)).toBe(false)
  })
})

test('a long id is kept as a digest, which is no other id', () => {
  const id = 'x'.repeat(200)
  const digest = createHash('sha512').update(id).digest('hex')
  expect(isRevoked({ by: 'session', issuer, sessionId: id }, { sessionId: digest })).toBe(false)
  expect(isRevoked({ by: 'session', issuer, sessionId: digest }, { sessionId: id })).toBe(false)
})

describe('a revocation', () => {
  test.each([
    ['the last millisecond', UNTIL_MS, true],
    ['a millisecond later', UNTIL_MS + 1, false],
    ['a clock that is none', Number.NaN, true],
  ])('holds until its time is over: %s', (_when, nowMs, expected) => {
    expect(isRevoked(BY.session, {}, nowMs)).toBe(expected)
  })

  test.each([
    ['the earlier one later', [NOW_MS, NOW_MS - 60_000]],
    ['the later one later', [NOW_MS - 60_000, NOW_MS]],
  ])('of a subject keeps the latest time of several: %s', (_order, times) => {
    const store = storeOf(...times.map((beforeMs) => ({ ...BY.subject, beforeMs })))
    expect(store.isRevoked({ ...TOKEN, issuedAtMs: NOW_MS }, NOW_MS)).toBe(true)
    expect(store.isRevoked({ ...TOKEN, issuedAtMs: NOW_MS + 1_000 }, NOW_MS)).toBe(false)
  })

  test.each([
    ['shorter', UNTIL_MS - DAY_MS / 2],
    ['longer', UNTIL_MS + DAY_MS],
  ])('that is made again for %s holds for the longer time, also past a sweep', (_what, again) => {
    const store = storeOf(BY.session)
    store.revoke(BY.session, again, NOW_MS)
    const last = Math.max(again, UNTIL_MS)
    for (let nowMs = NOW_MS; nowMs <= last; nowMs += DAY_MS / 8) {
      store.revoke({ ...BY.session, sessionId: 'another' }, nowMs + 1, nowMs)
      expect(store.isRevoked(TOKEN, nowMs)).toBe(true)
    }
    expect(store.isRevoked(TOKEN, last + 1)).toBe(false)
  })

  test('that is over already is not kept', () => {
    const store = memoryRevocationStore({ maxEntries: 1 })
    store.revoke(BY.session, NOW_MS - 1, NOW_MS)
    expect(store.isRevoked(TOKEN, NOW_MS - 1)).toBe(false)
    store.revoke({ ...BY.session, sessionId: 'another' }, UNTIL_MS, NOW_MS)
  })

  test.each<[what: string, revocation: unknown, untilMs: number]>([
    ['no issuer', { by: 'session', sessionId: 'a' }, UNTIL_MS],
    ['an empty issuer', { ...BY.session, issuer: '' }, UNTIL_MS],
    ['no session', { by: 'session', issuer }, UNTIL_MS],
    ['an empty session', { ...BY.session, sessionId: '' }, UNTIL_MS],
    ['a session that is a number', { ...BY.session, sessionId: 7 }, UNTIL_MS],
    ['a subject under another name', { by: 'subject', issuer, sub: 'alice', beforeMs: NOW_MS }, UNTIL_MS],
    ['a subject without a time', { by: 'subject', issuer, subject: 'alice' }, UNTIL_MS],
    ['a subject before no time', { ...BY.subject, beforeMs: Number.NaN }, UNTIL_MS],
    ['a client before all times', { ...BY.client, beforeMs: Number.POSITIVE_INFINITY }, UNTIL_MS],
    ['a way that there is not', { by: 'tenant', issuer, tenant: 'north' }, UNTIL_MS],
    ['no way', { issuer, subject: 'alice' }, UNTIL_MS],
    ['no end', BY.session, Number.POSITIVE_INFINITY],
    ['an end that is none', BY.session, Number.NaN],
  ])('of %s throws: it would seem done', (_what, revocation, untilMs) => {
    expect(() => memoryRevocationStore().revoke(revocation as Revocation, untilMs, NOW_MS)).toThrow(TypeError)
  })
})

describe('at the bound', () => {
  const session = (n: number): Revocation => ({ by: 'session', issuer, sessionId: `s${n}` })
  const ofSession = (n: number): RevocableToken => ({ ...TOKEN, sessionId: `s${n}` })

  test('revoking throws, and what is revoked stays so', () => {
    const store = memoryRevocationStore({ maxEntries: 100 })
    for (let n = 0; n < 100; n++) store.revoke(session(n), UNTIL_MS, NOW_MS)
    for (let n = 100; n < 300; n++) {
      expect(() => store.revoke(session(n), UNTIL_MS, NOW_MS)).toThrow(/no room for more than 100 revocations/)
    }
    for (let n = 0; n < 100; n++) expect(store.isRevoked(ofSession(n), UNTIL_MS)).toBe(true)
    for (let n = 100; n < 300; n++) expect(store.isRevoked(ofSession(n), NOW_MS)).toBe(false)
    store.revoke(session(7), UNTIL_MS + 1_000, NOW_MS) // known already: it needs no room
    expect(store.isRevoked(ofSession(7), UNTIL_MS + 1_000)).toBe(true)
  })

  test('what is over makes room, a minute later at most, and of every kind', () => {
    const store = memoryRevocationStore({ maxEntries: 4 })
    for (const revocation of Object.values(BY)) store.revoke(revocation, UNTIL_MS, NOW_MS)
    expect(() => store.revoke(session(1), UNTIL_MS + DAY_MS, UNTIL_MS)).toThrow(/no room/)
    for (let n = 0; n < 4; n++) store.revoke(session(n), UNTIL_MS + DAY_MS, UNTIL_MS + 60_000)
    expect(() => store.revoke(session(4), UNTIL_MS + DAY_MS, UNTIL_MS + 60_000)).toThrow(/no room/)
    expect(store.isRevoked(TOKEN, NOW_MS)).toBe(false)
  })

  test.each([0, -1, 1.5, 10_000_001, '100', Number.NaN])('maxEntries may not be %s', (maxEntries) => {
    expect(() => memoryRevocationStore({ maxEntries: maxEntries as number })).toThrow(/^maxEntries must be an integer/)
  })
  test('an option that there is not is named', () => {
    expect(() => memoryRevocationStore({ max: 1 } as never)).toThrow(/unknown option max/)
  })
})

test('whatever is revoked, by whatever clock that goes on: as a list of all revocations says', () => {
  const few = fc.constantFrom('a', 'b', 'constructor')
  const ms = fc.integer({ min: 0, max: 600_000 }).map((after) => NOW_MS + after)
  const revocation: fc.Arbitrary<Revocation> = fc.oneof(
    fc.record({ by: fc.constant('token'), issuer: few, tokenId: few }),
    fc.record({ by: fc.constant('session'), issuer: few, sessionId: few }),
    fc.record({ by: fc.constant('subject'), issuer: few, subject: few, beforeMs: ms }),
    fc.record({ by: fc.constant('client'), issuer: few, client: few, beforeMs: ms }),
  )
  const step = fc.record({ revocation, forMs: fc.integer({ min: 0, max: 300_000 }), afterMs: fc.nat(60_000) })
  const maybe = fc.option(few, { nil: undefined })
  const token = fc.record({
    issuer: few,
    tokenId: few,
    subject: maybe,
    id: maybe,
    client: maybe,
    sessionId: maybe,
    issuedAtMs: fc.oneof(ms, fc.constant(Number.NEGATIVE_INFINITY)),
    expiresAtMs: ms,
  })

  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.array(token, { maxLength: 10 }), (steps, tokens) => {
      const store = memoryRevocationStore()
      const all: Made[] = []
      let nowMs = NOW_MS
      for (const { revocation, forMs, afterMs } of steps) {
        nowMs += afterMs
        store.revoke(revocation, nowMs + forMs, nowMs)
        all.push({ revocation, atMs: nowMs, untilMs: nowMs + forMs })
        for (const one of tokens) expect(store.isRevoked(one, nowMs)).toBe(inList(all, one, nowMs))
      }
    }),
    { numRuns: 500 },
  )
})

interface Made {
  readonly revocation: Revocation
  readonly atMs: number
  readonly untilMs: number
}

/** Of one subject or client, the latest of both times counts, as long as revocations follow before the last is over. */
function inList(all: readonly Made[], token: RevocableToken, nowMs: number): boolean {
  const alike = new Map<string, { readonly beforeMs: number; readonly untilMs: number }>()
  for (const { revocation, atMs, untilMs } of all) {
    if (!isAbout(revocation, token)) continue
    const beforeMs = 'beforeMs' in revocation ? revocation.beforeMs : Number.POSITIVE_INFINITY
    const name = JSON.stringify({ ...revocation, beforeMs: undefined })
    const known = alike.get(name)
    const counts = known !== undefined && atMs <= known.untilMs
    alike.set(name, {
      beforeMs: counts ? Math.max(known.beforeMs, beforeMs) : beforeMs,
      untilMs: counts ? Math.max(known.untilMs, untilMs) : untilMs,
    })
  }
  const second = (ms: number) => Math.floor(ms / 1000)
  return [...alike.values()].some(
    ({ beforeMs, untilMs }) => nowMs <= untilMs && second(token.issuedAtMs) <= second(beforeMs),
  )
}

function isAbout(revocation: Revocation, token: RevocableToken): boolean {
  if (revocation.issuer !== token.issuer) return false
  switch (revocation.by) {
    case 'token':
      return revocation.tokenId === token.tokenId
    case 'session':
      return revocation.sessionId === token.sessionId
    case 'subject':
      return revocation.subject === token.subject || revocation.subject === token.id
    case 'client':
      return revocation.client === token.client
  }
}
