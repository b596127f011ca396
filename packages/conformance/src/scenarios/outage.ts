import { expect } from 'vitest'
import type { App } from '../app.js'
import { getting } from '../row.js'
import { STALE_SECONDS } from '../services/outage.js'
import type { Scenario } from './scenario.js'

const relying = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'relying', provider: 'own', run })

/** Longer than an answer is believed, and than an issuer is left alone after failures. */
const A_WHILE_MS = 40_000
const REFRESH_MS = 600_000 + A_WHILE_MS
const MAX_STALE_MS = 6 * 3_600_000

const ask = ({ send }: App, target: string, token: string) =>
  send(getting(target, { headers: [['authorization', `Bearer ${token}`]] }))

const statusOf = async (app: App, target: string, token: string): Promise<number> =>
  (await ask(app, target, token)).status

/** A token for a day: it outlives the keys. */
const longToken = ({ idp, world }: App): Promise<string> =>
  idp.sign({ sub: 'reader', exp: Math.floor(world.clock() / 1000) + 86_400 })

const codes = (app: App): readonly string[] => app.world.events.map(({ code }) => code)

export const OUTAGES: readonly Scenario[] = [
  relying('keys are changed: the service learns of it, and tokens of the old key end', async (app) => {
    const before = await longToken(app)
    expect(await statusOf(app, '/keys', before)).toBe(200)
    await app.idp.rotate()
    const after = await longToken(app)
    expect(await statusOf(app, '/keys', after)).toBe(200)
    expect(app.world.told.events).toMatchObject([{ event: 'keys_rotated', issuer: app.idp.issuer }])
    const refused = await ask(app, '/keys', before)
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="orders-api", error="invalid_token"')
    expect(await statusOf(app, '/keys', after)).toBe(200)
    await app.events(4)
    expect(codes(app)).toEqual(['allowed', 'allowed', 'token_key_unknown', 'allowed'])
  }),

  relying('a key is added: tokens of both are good', async (app) => {
    const before = await longToken(app)
    expect(await statusOf(app, '/keys', before)).toBe(200)
    await app.idp.rotate({ keepOld: true })
    expect(await statusOf(app, '/keys', await longToken(app))).toBe(200)
    expect(await statusOf(app, '/keys', before)).toBe(200)
    expect(app.world.told.events).toEqual([
      { event: 'keys_rotated', issuer: app.idp.issuer, added: [expect.any(String)], removed: [] },
    ])
  }),

  relying('the issuer goes away and comes back: keys carry on until they are too old', async (app) => {
    const { world, idp } = app
    const token = await longToken(app)
    expect(await statusOf(app, '/keys', token)).toBe(200)
    await idp.pause()
    world.advance(REFRESH_MS)
    const noticed = world.told.next('keys_unavailable')
    expect(await statusOf(app, '/keys', token)).toBe(200)
    await noticed
    world.advance(A_WHILE_MS)
    expect(await statusOf(app, '/keys', token)).toBe(200)
    world.advance(MAX_STALE_MS)
    const refused = await ask(app, '/keys', token)
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([503, undefined])
    expect(refused.headers['retry-after']).toMatch(/^[1-5]$/)
    await idp.resume()
    world.advance(A_WHILE_MS)
    expect(await statusOf(app, '/keys', token)).toBe(200)
    expect(world.told.events).toMatchObject([
      { event: 'keys_unavailable', issuer: idp.issuer },
      { event: 'keys_recovered', issuer: idp.issuer },
    ])
    expect(await app.events(5)).toMatchObject([
      { code: 'allowed' },
      { code: 'allowed' },
      { code: 'allowed' },
      { code: 'keys_unavailable', event: 'sys_monitor_disabled', guard: 'jwt', kind: 'unavailable' },
      { code: 'allowed' },
    ])
  }),

  relying('an issuer that is away from the start, and comes', async (app) => {
    const token = await longToken(app)
    await app.idp.pause()
    expect(await statusOf(app, '/keys', token)).toBe(503)
    await app.idp.resume()
    app.world.advance(A_WHILE_MS)
    expect(await statusOf(app, '/keys', token)).toBe(200)
    expect(app.world.told.events.map(({ event }) => event)).toEqual(['keys_unavailable', 'keys_recovered'])
    await app.events(2)
    expect(codes(app)).toEqual(['keys_unavailable', 'allowed'])
  }),

  relying('introspection, onUnavailable deny: what was believed is believed no longer', async (app) => {
    const token = await app.idp.token('opaque')
    expect(await statusOf(app, '/deny', token)).toBe(200)
    await app.idp.pause()
    expect(await statusOf(app, '/deny', token)).toBe(200) // remembered
    app.world.advance(A_WHILE_MS)
    const refused = await ask(app, '/deny', token)
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([503, undefined])
    expect(refused.headers['retry-after']).toBe('1')
    await app.idp.resume()
    app.world.advance(A_WHILE_MS)
    expect(await statusOf(app, '/deny', token)).toBe(200)
    await app.events(4)
    expect(codes(app)).toEqual(['allowed', 'allowed', 'introspection_unavailable', 'allowed'])
  }),

  relying('introspection, onUnavailable staleSeconds: what was believed is believed so much longer', async (app) => {
    const [token, other] = [await app.idp.token('opaque'), await app.idp.token('opaque')]
    expect(await statusOf(app, '/stale', token)).toBe(200)
    await app.idp.pause()
    app.world.advance(A_WHILE_MS)
    expect(await statusOf(app, '/stale', token)).toBe(200)
    expect(await statusOf(app, '/stale', other)).toBe(503) // nobody has ever vouched for it
    app.world.advance(STALE_SECONDS * 1000)
    expect(await statusOf(app, '/stale', token)).toBe(503)
    await app.idp.resume()
    app.world.advance(A_WHILE_MS)
    expect(await statusOf(app, '/stale', token)).toBe(200)
    await app.events(5)
    expect(codes(app)).toEqual([
      'allowed',
      'allowed',
      'introspection_unavailable',
      'introspection_unavailable',
      'allowed',
    ])
  }),
]
