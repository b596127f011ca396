import { describe, expect, test } from 'vitest'
import { memoryRevocationStore, type RevocationStore, revokeTokens, type TokensToRevoke } from '../../../src/index.js'

const NOW_MS = 1_700_000_000_000
const issuer = 'https://idp.test'
const SESSION = { by: 'session', issuer, sessionId: 's1' } as const

/** What reached the store. */
function asked(tokens: TokensToRevoke, options?: Parameters<typeof revokeTokens>[2]): readonly unknown[] {
  const calls: unknown[][] = []
  const store: RevocationStore = { revoke: (...call) => void calls.push(call), isRevoked: () => false }
  revokeTokens(store, tokens, options)
  return calls
}

describe('revokeTokens()', () => {
  test.each<[what: string, tokens: TokensToRevoke, told: object]>([
    ['a token', { by: 'token', issuer, tokenId: 't1' }, { by: 'token', issuer, tokenId: 't1' }],
    ['a session', SESSION, SESSION],
    ['a subject, until now', { by: 'subject', issuer, subject: 'alice' }, { subject: 'alice', beforeMs: NOW_MS }],
    ['a client, until then', { by: 'client', issuer, client: 'shop', beforeMs: 7 }, { client: 'shop', beforeMs: 7 }],
  ])('%s, for a day', (_what, tokens, told) => {
    expect(asked(tokens, { nowMs: NOW_MS })).toEqual([[expect.objectContaining(told), NOW_MS + 86_400_000, NOW_MS]])
  })

  test.each([
    [1, 1_000],
    [31_622_400, 31_622_400_000],
  ])('for %i s', (forSeconds, ms) => {
    expect(asked(SESSION, { forSeconds, nowMs: NOW_MS })).toEqual([[SESSION, NOW_MS + ms, NOW_MS]])
  })

  test('by the clock where no time is given', () => {
    const before = Date.now()
    const [[, untilMs, nowMs]] = asked(SESSION) as [[unknown, number, number]]
    expect(nowMs).toBeGreaterThanOrEqual(before)
    expect(untilMs - nowMs).toBe(86_400_000)
  })

  test.each([
    [undefined, {}, 'store.revoke must be a function, got undefined'],
    [{}, {}, 'store.revoke must be a function, got undefined'],
    [memoryRevocationStore(), { forSeconds: 0 }, 'forSeconds must be an integer from 1 to 31622400, got 0'],
    [memoryRevocationStore(), { forSeconds: 1.5 }, 'forSeconds must be an integer from 1 to 31622400, got 1.5'],
    [memoryRevocationStore(), { forMs: 1 }, 'revokeTokens(): unknown option forMs; known are forSeconds, nowMs'],
  ])('%j with %j is refused', (store, options, message) => {
    expect(() => revokeTokens(store as RevocationStore, SESSION, options as object)).toThrow(new TypeError(message))
  })

  test.each([
    [undefined, 'undefined'],
    [{ issuer, subject: 'alice' }, 'undefined'],
    [{ by: 'user', issuer, subject: 'alice' }, '"user"'],
  ])('to revoke %j is refused, whatever the store', (tokens, got) => {
    const message = `tokens.by must be one of token, session, subject, client, got ${got}`
    expect(() => asked(tokens as TokensToRevoke)).toThrow(new TypeError(message))
  })

  test('what the store cannot keep is not said to be done', async () => {
    const full = memoryRevocationStore({ maxEntries: 1 })
    revokeTokens(full, SESSION)
    expect(() => revokeTokens(full, { ...SESSION, sessionId: 's2' })).toThrow(/no room/)
    const away: RevocationStore = { revoke: () => Promise.reject(new Error('away')), isRevoked: () => false }
    await expect(revokeTokens(away, SESSION)).rejects.toThrow('away')
  })
})
