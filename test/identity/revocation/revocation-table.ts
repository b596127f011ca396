import { describe, expect, test } from 'vitest'
import type { MaybePromise, RevocableToken, Revocation, RevocationStore } from '../../../src/index.js'

export const NOW_MS = 1_700_000_000_000
export const DAY_MS = 86_400_000
export const UNTIL_MS = NOW_MS + DAY_MS

export const TOKEN: RevocableToken = {
  issuer: 'https://idp.test',
  tokenId: 'token-1',
  subject: 'alice',
  client: 'shop',
  sessionId: 'session-1',
  issuedAtMs: NOW_MS - 60_000,
  expiresAtMs: NOW_MS + 300_000,
}
const { issuer } = TOKEN

export const BY = {
  token: { by: 'token', issuer, tokenId: 'token-1' },
  session: { by: 'session', issuer, sessionId: 'session-1' },
  subject: { by: 'subject', issuer, subject: 'alice', beforeMs: NOW_MS },
  client: { by: 'client', issuer, client: 'shop', beforeMs: NOW_MS },
} as const satisfies Readonly<Record<string, Revocation>>

/** A store, empty. */
export interface OpenRevocationStore {
  readonly store: RevocationStore
  /** Has time go on for a store that goes by a clock of its own. */
  readonly advance: (ms: number) => MaybePromise<void>
}

/**
 * What every store of revocations does.
 *
 * @param graceMs - How much longer than asked it keeps one at most.
 */
export function revocationTable(name: string, open: () => MaybePromise<OpenRevocationStore>, graceMs: number): void {
  const storeOf = async (...revocations: readonly Revocation[]) => {
    const { store } = await open()
    for (const revocation of revocations) await store.revoke(revocation, UNTIL_MS, NOW_MS)
    return store
  }
  const isRevoked = async (revocation: Revocation, token: Partial<RevocableToken> = {}, nowMs = NOW_MS) =>
    (await storeOf(revocation)).isRevoked({ ...TOKEN, ...token }, nowMs)

  describe(`${name}: a token`, () => {
    test('is not revoked where nothing is', async () => {
      expect(await (await storeOf()).isRevoked(TOKEN, NOW_MS)).toBe(false)
    })

    test.each(Object.values(BY))('is revoked by its $by', async (revocation) => {
      expect(await isRevoked(revocation)).toBe(true)
    })

    test.each([
      ['another', 'bob'],
      ['no', undefined],
    ])('is revoked by its subject where that is its mapped id, beside %s subject', async (_what, subject) => {
      expect(await isRevoked(BY.subject, { subject, id: 'alice' })).toBe(true)
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
    ])('is not revoked by a %s when it has %s', async (by, _what, other) => {
      expect(await isRevoked(BY[by], other)).toBe(false)
    })

    test.each([
      ['long before', NOW_MS - DAY_MS, true],
      ['at the same moment', NOW_MS, true],
      ['in the same second', NOW_MS + 999, true],
      ['in the next second', NOW_MS + 1_000, false],
      ['later', NOW_MS + 60_000, false],
      ['at no known time', Number.NEGATIVE_INFINITY, true],
      ['at a time that is none', Number.NaN, true],
    ])('issued %s is revoked by a subject or client before now: %s', async (_when, issuedAtMs, expected) => {
      expect(await isRevoked(BY.subject, { issuedAtMs })).toBe(expected)
      expect(await isRevoked(BY.client, { issuedAtMs })).toBe(expected)
      // a session that ended and a token that was taken back are so whenever they began
      expect([await isRevoked(BY.session, { issuedAtMs }), await isRevoked(BY.token, { issuedAtMs })]).toEqual([
        true,
        true,
      ])
    })

    test.each([
      ['NUL and the like', 'a\0b', 'a', 'b'],
      ['colons', 'https://a:b', 'https://a', 'b'],
      ['slashes', 'a/b', 'a', 'b'],
    ])('%s in issuer and id make no other pair', async (_what, whole, head, tail) => {
      const store = await storeOf({ by: 'session', issuer: whole, sessionId: tail })
      for (const issuer of [head, `${head}${tail}`]) {
        for (const sessionId of [tail, `${tail}${tail}`, `${whole}${tail}`]) {
          expect(await store.isRevoked({ ...TOKEN, issuer, sessionId }, NOW_MS)).toBe(false)
        }
      }
      expect(await store.isRevoked({ ...TOKEN, issuer: whole, sessionId: tail }, NOW_MS)).toBe(true)
    })

    test.each([1, 126, 127, 128, 129, 10_000])('ids of %i characters are told apart', async (length) => {
      const id = 'x'.repeat(length)
      const store = await storeOf({ by: 'session', issuer, sessionId: id })
      expect(await store.isRevoked({ ...TOKEN, sessionId: id }, NOW_MS)).toBe(true)
      expect(await store.isRevoked({ ...TOKEN, sessionId: `${id}x` }, NOW_MS)).toBe(false)
      expect(await store.isRevoked({ ...TOKEN, sessionId: `${id.slice(1)}y` }, NOW_MS)).toBe(false)
    })
  })

  describe(`${name}: a revocation`, () => {
    test.each([
      ['the last millisecond', 0, true],
      ['what it is kept longer, and a millisecond', graceMs + 1, false],
    ])('holds until its time is over: %s', async (_when, afterMs, expected) => {
      const { store, advance } = await open()
      await store.revoke(BY.session, UNTIL_MS, NOW_MS)
      await advance(DAY_MS + afterMs)
      expect(await store.isRevoked(TOKEN, UNTIL_MS + afterMs)).toBe(expected)
    })

    test('holds by a clock that is none', async () => expect(await isRevoked(BY.session, {}, Number.NaN)).toBe(true))

    test.each([
      ['the earlier one later', [NOW_MS, NOW_MS - 60_000]],
      ['the later one later', [NOW_MS - 60_000, NOW_MS]],
    ])('of a subject keeps the latest time of several: %s', async (_order, times) => {
      const store = await storeOf(...times.map((beforeMs) => ({ ...BY.subject, beforeMs })))
      expect(await store.isRevoked({ ...TOKEN, issuedAtMs: NOW_MS }, NOW_MS)).toBe(true)
      expect(await store.isRevoked({ ...TOKEN, issuedAtMs: NOW_MS + 1_000 }, NOW_MS)).toBe(false)
    })

    test.each([
      ['shorter', UNTIL_MS - DAY_MS / 2],
      ['longer', UNTIL_MS + DAY_MS],
    ])('that is made again for %s holds for the longer time, also past a sweep', async (_what, again) => {
      const { store, advance } = await open()
      await store.revoke(BY.session, UNTIL_MS, NOW_MS)
      await store.revoke(BY.session, again, NOW_MS)
      const last = Math.max(again, UNTIL_MS)
      for (let nowMs = NOW_MS; nowMs <= last; nowMs += DAY_MS / 8) {
        await store.revoke({ ...BY.session, sessionId: 'another' }, nowMs + 1, nowMs)
        expect(await store.isRevoked(TOKEN, nowMs)).toBe(true)
        await advance(nowMs + DAY_MS / 8 > last ? last + graceMs + 1 - nowMs : DAY_MS / 8)
      }
      expect(await store.isRevoked(TOKEN, last + graceMs + 1)).toBe(false)
    })

    test('that is over counts for nothing in a later one', async () => {
      const { store, advance } = await open()
      await store.revoke({ ...BY.subject, beforeMs: UNTIL_MS + DAY_MS }, NOW_MS + 1_000, NOW_MS)
      await advance(1_000 + graceMs + 1)
      await store.revoke(BY.subject, UNTIL_MS, NOW_MS + 1_000 + graceMs + 1)
      expect(await store.isRevoked(TOKEN, UNTIL_MS)).toBe(true)
      expect(await store.isRevoked({ ...TOKEN, issuedAtMs: UNTIL_MS }, UNTIL_MS)).toBe(false)
    })

    test('that is over already is not kept', async () => {
      const { store } = await open()
      await store.revoke(BY.session, NOW_MS - 1, NOW_MS)
      expect(await store.isRevoked(TOKEN, NOW_MS - 1)).toBe(false)
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
    ])('of %s throws: it would seem done', async (_what, revocation, untilMs) => {
      const { store } = await open()
      expect(() => store.revoke(revocation as Revocation, untilMs, NOW_MS)).toThrow(TypeError)
    })
  })
}
