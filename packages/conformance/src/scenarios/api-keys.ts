import { expect } from 'vitest'
import { KEY_ID } from '../api-keys.js'
import { getting } from '../row.js'
import { CACHE_SECONDS } from '../services/api-keys.js'
import { MAX_AGE_SECONDS, STRONG_CLASS } from '../step-up-tokens.js'
import { count, type Scenario, statuses } from './scenario.js'

const keyed = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'keyed', run })
const withKey = (name: string) => ({ headers: [['x-api-key', `{${name}}`]] as const })

export const API_KEY_SCENARIOS: readonly Scenario[] = [
  keyed('a key that is revoked is refused from then on', async (app) => {
    expect((await app.send(getting('/key', withKey('key')))).status).toBe(200)
    await app.send({ method: 'DELETE', target: '/keys' })
    expect((await app.send(getting('/key', withKey('key')))).status).toBe(401)
    expect((await app.events(3)).map(({ code }) => code)).toEqual(['allowed', 'allowed', 'key_revoked'])
  }),

  keyed('a request held open makes no revoked key live on', async (app) => {
    expect((await app.send(getting('/key-later', withKey('key')))).status).toBe(200)
    const held = app.send(getting('/key-held', withKey('key')))
    await app.world.gate.reached
    await app.send({ method: 'DELETE', target: '/keys' })
    app.world.advance(CACHE_SECONDS * 1000)
    app.world.gate.open()
    expect((await held).status).toBe(401)
    expect((await app.events(3)).at(-1)).toMatchObject({ code: 'key_revoked', durationMs: CACHE_SECONDS * 1000 })
  }),

  keyed('the use of a key is told once in a minute, and no attempt of others', async (app) => {
    const { told, advance, clock } = app.world
    const startedAtMs = clock()
    await app.burst(5, getting('/key', withKey('key')))
    for (const name of ['key-guessed', 'key-of-another', 'key-revoked', 'key-at-home', 'key-unknown']) {
      expect((await app.send(getting('/key', withKey(name)))).status).toBe(401)
    }
    expect(await usedAfter(0)).toBe(200)
    expect(await usedAfter(59_999)).toBe(200)
    expect(await usedAfter(1)).toBe(200)
    const use = { event: 'key_used', id: KEY_ID, client: 'billing', address: '127.0.0.1' }
    expect(told.events).toEqual([
      { ...use, atMs: startedAtMs },
      { ...use, atMs: startedAtMs + 60_000 },
    ])

    async function usedAfter(ms: number): Promise<number> {
      advance(ms)
      return (await app.send(getting('/key', withKey('key')))).status
    }
  }),

  keyed('one key is one principal: two keys of one client do not share a limit', async (app) => {
    const one = await app.burst(5, getting('/key-limited', withKey('key')))
    const other = await app.burst(5, getting('/key-limited', withKey('key-second')))
    expect([count(one, 200), count(one, 429)]).toEqual([2, 3])
    expect([count(other, 200), count(other, 429)]).toEqual([2, 3])
  }),

  keyed('a key that is guessed spends nothing of the one that it names', async (app) => {
    await app.burst(10, getting('/key-limited', withKey('key-guessed')))
    const answers = await app.burst(2, getting('/key-limited', withKey('key')))
    expect(statuses(answers)).toEqual([200, 200])
  }),

  keyed('the caller cannot tell why a key was refused', async (app) => {
    const names = [
      'key-unknown',
      'key-guessed',
      'key-revoked',
      'key-expired',
      'key-at-home',
      'key-unsound',
      'key-short',
    ]
    const seen = new Set<string>()
    for (const name of names) {
      const { status, headers, body } = await app.send(getting('/key', withKey(name)))
      const { date: _date, ...fields } = headers
      seen.add(JSON.stringify([status, fields, { ...JSON.parse(body), instance: undefined }]))
    }
    expect(seen.size).toBe(1)
  }),

  keyed('an authentication grows old while its token lives on', async (app) => {
    const now = Math.floor(app.world.clock() / 1000)
    const token = await app.idp.sign({ acr: STRONG_CLASS, auth_time: now - 60, exp: now + 3600 })
    const strongly = getting('/strong', { headers: [['authorization', `Bearer ${token}`]] })
    app.world.advance((MAX_AGE_SECONDS - 61) * 1000)
    expect((await app.send(strongly)).status).toBe(200)
    app.world.advance(2_000)
    const refused = await app.send(strongly)
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toMatch(/max_age="300"$/)
  }),
]
