import { describe, expect, test, vi } from 'vitest'
import type { DpopOptions } from '../../../src/index.js'
import { askFor, DpopClient, requestOf } from '../../support/dpop-client.js'
import { NOW, NOW_MS } from '../../support/fake-issuer.js'

const SECOND = 1_000
/** Steps are 150 s: the last one began 50 s before. */
const BEGAN_MS = NOW_MS - 50 * SECOND
const client = new DpopClient()

/** Asks with `nonce`, at a time; what is said of it, and the nonce that the answer brings. */
function asking(nonceOption: DpopOptions['nonce'], guard = client.guard({ nonce: nonceOption, maxAgeSeconds: 600 })) {
  return (nonce: unknown, nowMs = NOW_MS) => {
    const token = client.token({ iat: NOW - 600, exp: NOW + 600 })
    const ctx = requestOf(token, [client.proof(token, { nonce, iat: nowMs / 1000 })], { nowMs })
    const answer = askFor(guard, ctx)
    if ('then' in answer) throw new Error('not at once')
    const said = answer.allowed ? 'allowed' : answer.code
    return { said, answer, fresh: answer.headers?.find(([name]) => name === 'dpop-nonce')?.[1] }
  }
}

describe('nonces', () => {
  test.each([
    ['missing', undefined, 'dpop_nonce_missing'],
    ['empty', '', 'dpop_nonce_stale'],
    ['made up', 'A'.repeat(43), 'dpop_nonce_stale'],
    ['in another type', 1, 'dpop_nonce_stale'],
    ['null', null, 'dpop_nonce_stale'],
    ['a list', ['A'.repeat(43)], 'dpop_nonce_stale'],
    ['in many bytes', '\u20ac'.repeat(43), 'dpop_nonce_stale'],
  ])('%s: 401 use_dpop_nonce, and one to use', (_name, nonce, code) => {
    const ask = asking(true)
    const { said, answer, fresh } = ask(nonce)
    expect(said).toBe(code)
    expect(answer).toMatchObject({
      kind: 'unauthenticated',
      challenges: [{ scheme: 'Bearer' }, { scheme: 'DPoP', params: { error: 'use_dpop_nonce' } }],
    })
    expect(fresh).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(ask(fresh)).toMatchObject({ said: 'allowed', fresh: undefined })
  })

  test('a proof without one is not spent', () => {
    const guard = client.guard({ nonce: true })
    const token = client.token()
    const send = (nonce?: string) => askFor(guard, requestOf(token, [client.proof(token, { jti: 'a', nonce })]))
    expect(send()).toMatchObject({ code: 'dpop_nonce_missing' })
    expect(send(asking(true)(undefined).fresh)).toMatchObject({ allowed: true })
  })

  test('live for a lifetime at most, for half of it at least, and bring the next one', () => {
    const ask = asking(true)
    const nonce = ask(undefined, BEGAN_MS).fresh
    expect(ask(nonce, BEGAN_MS + 149 * SECOND)).toMatchObject({ said: 'allowed', fresh: undefined })
    const older = ask(nonce, BEGAN_MS + 150 * SECOND)
    expect(older.said).toBe('allowed')
    expect(older.answer.headers).toContainEqual(['cache-control', 'no-store'])
    expect(ask(older.fresh, BEGAN_MS + 150 * SECOND)).toMatchObject({ said: 'allowed', fresh: undefined })
    expect(ask(nonce, BEGAN_MS + 299 * SECOND).said).toBe('allowed')
    expect(ask(nonce, BEGAN_MS + 300 * SECOND)).toMatchObject({ said: 'dpop_nonce_stale', fresh: expect.any(String) })
    expect(ask(older.fresh, BEGAN_MS - 1).said).toBe('dpop_nonce_stale') // not handed out yet
  })

  test('lifetimeSeconds', () => {
    const ask = asking({ lifetimeSeconds: 10 })
    const nonce = ask(undefined, NOW_MS).fresh
    expect(ask(nonce, NOW_MS + 9_999).said).toBe('allowed')
    expect(ask(nonce, NOW_MS + 10_000).said).toBe('dpop_nonce_stale')
  })

  test('of one process are good at all its guards', () => {
    expect(asking(true)(asking({})(undefined).fresh).said).toBe('allowed')
  })

  test('of a process that is gone are not', async () => {
    const before = asking(true)(undefined).fresh
    vi.resetModules()
    const anew = await import('../../support/dpop-client.js')
    const restarted = new anew.DpopClient(client.key)
    const token = restarted.token()
    const ctx = anew.requestOf(token, [restarted.proof(token, { nonce: before })])
    expect(anew.askFor(restarted.guard({ nonce: true }), ctx)).toMatchObject({ code: 'dpop_nonce_stale' })
  })

  test('by one secret are good at every process, and by no other', () => {
    const secret = 'the secret of all the processes.'
    const nonce = asking({ secret })(undefined).fresh
    expect(asking({ secret: Buffer.from(secret) })(nonce).said).toBe('allowed')
    expect(asking({ secret: `${secret}.` })(nonce).said).toBe('dpop_nonce_stale')
    expect(asking(true)(nonce).said).toBe('dpop_nonce_stale')
  })

  test('a secret that is wiped after it was given goes on being the secret', () => {
    const secret = Buffer.alloc(32, 1)
    const ask = asking({ secret })
    const nonce = ask(undefined).fresh
    secret.fill(0)
    expect(ask(nonce, NOW_MS + 150 * SECOND).said).toBe('allowed')
  })
})
