import fc from 'fast-check'
import { expect } from 'vitest'
import type { App } from '../app.js'
import { as, getting, posting } from '../row.js'
import { type Scenario, statuses } from './scenario.js'

const FORM = { headers: [['content-type', 'application/x-www-form-urlencoded'] as const] }

const logout = (token: string) => posting('/backchannel-logout', `logout_token={${token}}`, FORM)

const session = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'sessions', run })

/** Statuses of `GET /me` with each token, in order. */
const me = async ({ send }: App, ...tokens: readonly string[]): Promise<readonly number[]> =>
  statuses(await Promise.all(tokens.map((token) => send(getting('/me', as(token))))))

/** Events of refusals, once there are so many events. */
const revoked = async (app: App, events: number) => (await app.events(events)).filter(({ status }) => status === 401)

export const SESSION_SCENARIOS: readonly Scenario[] = [
  session('a session ends: its remembered token dies at once, the others live', async (app) => {
    const all = ['session-one', 'session-two', 'session-none', 'session-dave']
    for (let i = 0; i < 2; i++) expect(await me(app, ...all)).toEqual([200, 200, 200, 200])
    expect((await app.send(logout('logout-one'))).status).toBe(200)
    expect(await me(app, ...all)).toEqual([401, 200, 200, 200])
    const refused = (await app.events(13)).filter(({ status }) => status === 401)
    expect(refused).toMatchObject([
      { code: 'token_revoked', event: 'authn_token_revoked', guard: 'jwt', kind: 'unauthenticated' },
    ])
    const { headers } = await app.send(getting('/me', as('session-one')))
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="orders-api", error="invalid_token", resource_metadata=/)
  }),

  session('a subject is signed out: all its remembered tokens die at once', async (app) => {
    const all = ['session-one', 'session-two', 'session-none', 'session-dave']
    for (let i = 0; i < 2; i++) expect(await me(app, ...all)).toEqual([200, 200, 200, 200])
    expect((await app.send(logout('logout-carol'))).status).toBe(200)
    expect(await me(app, ...all)).toEqual([401, 401, 401, 200])
  }),

  session('one token is revoked by its id: the others of its client and subject live', async (app) => {
    const all = ['kiosk-one', 'kiosk-two', 'kiosk-till']
    expect(await me(app, ...all)).toEqual([200, 200, 200])
    await app.send({ method: 'DELETE', target: '/tokens/jti-of-frank' })
    expect(await me(app, ...all)).toEqual([401, 200, 200])
    expect(await revoked(app, 7)).toMatchObject([{ code: 'token_revoked', event: 'authn_token_revoked', guard: 'jwt' }])
  }),

  session('a client is revoked: all its tokens die at once, those of others live', async (app) => {
    const all = ['kiosk-one', 'kiosk-two', 'kiosk-till']
    expect(await me(app, ...all)).toEqual([200, 200, 200])
    await app.send({ method: 'DELETE', target: '/clients/kiosk' })
    expect(await me(app, ...all)).toEqual([401, 401, 200])
    const { headers } = await app.send(getting('/me', as('kiosk-two')))
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="orders-api", error="invalid_token", resource_metadata=/)
    expect((await revoked(app, 8)).map(({ code }) => code)).toEqual(Array(3).fill('token_revoked'))
  }),

  session('a logout token is believed once, however often it comes at once', async (app) => {
    const answers = await app.burst(10, logout('logout-one'))
    expect([...statuses(answers)].sort()).toEqual([200, ...Array(9).fill(400)])
    const events = await app.events(10)
    expect(
      events.filter(({ code, event }) => code === 'logout_replayed' && event === 'authn_token_reuse'),
    ).toHaveLength(9)
    expect(await me(app, 'session-one')).toEqual([401])
  }),

  session('a logout that failed may be sent again', async ({ send }) => {
    const failed = await send({ ...logout('logout-one'), target: '/logout/store-away' })
    expect([failed.status, (await send(logout('logout-one'))).status]).toEqual([503, 200])
  }),

  session('whatever form is sent, the answer is no mistake of the service', async ({ send }) => {
    const piece = fc.oneof(
      fc.constantFrom('logout_token', '=', '&', '%', '%00', '+', '.', '[]', 'eyJhbGciOiJFUzI1NiJ9', '\r\n'),
      fc.string({ maxLength: 6 }).map((text) => text.replaceAll(/[{}]/g, '')),
    )
    const form = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''))
    await fc.assert(
      fc.asyncProperty(form, async (body) => {
        expect((await send(posting('/backchannel-logout', body, FORM))).status).toBe(400)
      }),
      { numRuns: 60 },
    )
  }),
]
