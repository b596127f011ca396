import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryRevocationStore, type RevocableToken, type Revocation } from '../../../src/index.js'
import { BY, DAY_MS, NOW_MS, revocationTable, TOKEN, UNTIL_MS } from './revocation-table.js'

const { issuer } = TOKEN

revocationTable('memoryRevocationStore', () => ({ store: memoryRevocationStore(), advance: () => undefined }), 0)

test('a long id is kept as a digest, which is no other id', () => {
  const id = 'x'.repeat(200)
  const digest = createHash('sha512').update(id).digest('hex')
  for (const [revoked, asked] of [
    [id, digest],
    [digest, id],
  ] as const) {
    const store = memoryRevocationStore()
    store.revoke({ by: 'session', issuer, sessionId: revoked }, UNTIL_MS, NOW_MS)
    expect(store.isRevoked({ ...TOKEN, sessionId: asked }, NOW_MS)).toBe(false)
  }
})

describe('at the bound', () => {
  test('what is over already takes no room', () => {
    const store = memoryRevocationStore({ maxEntries: 1 })
    store.revoke(BY.session, NOW_MS - 1, NOW_MS)
    store.revoke({ ...BY.session, sessionId: 'another' }, UNTIL_MS, NOW_MS)
  })

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
