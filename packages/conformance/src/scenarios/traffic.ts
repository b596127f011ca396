import type { RawAnswer } from '@wardline/test-kit'
import { expect, vi } from 'vitest'
import type { App } from '../app.js'
import { as, getting, posting } from '../row.js'
import { LARGE } from '../services/traffic.js'
import { count, type Scenario, statuses } from './scenario.js'

const traffic = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'traffic', run })

/** The clock moves in it. */
const moving = (...rest: Parameters<typeof traffic>): Scenario => ({ ...traffic(...rest), clock: 'moves' })

const head = (target: string): string => `GET ${target} HTTP/1.1\r\nhost: service.test\r\n\r\n`

/** Places come free when the sockets say so. */
const untilFree = (app: App) =>
  vi.waitFor(async () => expect((await app.send(getting('/places/now'))).headers.ratelimit).toBe('"places";r=2'), {
    timeout: 5_000,
  })

const guess = (password: string) => posting('/login', JSON.stringify({ password }))

const inARow = async (app: App, times: number, request: Parameters<App['send']>[0]) => {
  const answers = []
  for (let i = 0; i < times; i++) answers.push(await app.send(request))
  return answers
}

export const TRAFFIC: readonly Scenario[] = [
  traffic('40 at once over 3 places admit 3, and the places come free with the answers', async (app) => {
    const requests = Array.from({ length: 40 }, () => app.send(getting('/places')))
    const early: RawAnswer[] = []
    for (const request of requests) void request.then((answer) => early.push(answer))
    await vi.waitFor(() => expect(early).toHaveLength(37), { timeout: 5_000 })
    const { status, headers } = early[0]!
    expect([status, headers['retry-after']]).toEqual([429, '1'])
    expect(headers['ratelimit-policy']).toBe('"places";q=3;qu="concurrent-requests"')
    app.world.gate.open()
    const answers = await Promise.all(requests)
    expect([count(answers, 200), count(answers, 429)]).toEqual([3, 37])
    await untilFree(app)
  }),

  traffic('places come free when clients leave, also those who wait behind another answer', async (app) => {
    const connections = [app.connect(), app.connect()]
    void connections[0]!.write(head('/places').repeat(2))
    void connections[1]!.write(head('/places'))
    await vi.waitFor(async () => expect((await app.send(getting('/places/now'))).status).toBe(429))
    for (const connection of connections) connection.destroy()
    await untilFree(app)
    app.world.gate.open()
  }),

  traffic('places of requests that another guard refuses come free', async (app) => {
    expect(statuses(await inARow(app, 10, getting('/places/refused')))).toEqual(Array.from({ length: 10 }, () => 401))
    await untilFree(app)
  }),

  ...(['/sliding', '/fixed', '/month'] as const).map((target) =>
    traffic(`40 at once over a limit of 5 at ${target} admit 5`, async (app) => {
      const answers = await app.burst(40, getting(target))
      expect([count(answers, 200), count(answers, 429)]).toEqual([5, 35])
    }),
  ),

  moving('a sliding window gives back what has left it, a fixed one all at its end', async (app) => {
    for (const target of ['/sliding', '/fixed']) await app.burst(5, getting(target))
    app.world.advance(59_999)
    expect(statuses([await app.send(getting('/sliding')), await app.send(getting('/fixed'))])).toEqual([429, 429])
    app.world.advance(6_001)
    for (const target of ['/sliding', '/fixed']) {
      expect(count(await app.burst(20, getting(target)), 200)).toBe(5)
    }
  }),

  moving('40 forged tokens at once are told no more than three failures; a good one waits with them', async (app) => {
    const answers = await app.burst(40, getting('/guessed', as('forged')))
    expect([count(answers, 401), count(answers, 429)]).toEqual([3, 37])
    const refused = await app.send(getting('/guessed', as('reader')))
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(JSON.parse(refused.body)).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#abnormal-usage-detected',
      code: 'too_many_failures',
    })
    expect(refused.headers.ratelimit).toBeUndefined()
    app.world.advance(1_000)
    expect((await app.send(getting('/guessed', as('reader')))).status).toBe(200)
    const events = (await app.events(42)).filter(({ code }) => code === 'too_many_failures')
    expect(events).toHaveLength(38)
    expect(events[0]).toMatchObject({ event: 'authn_login_fail_max', guard: 'failureLimit(guesses)' })
  }),

  traffic('failures count as well where the guard that tells them is mounted apart', async (app) => {
    expect(statuses(await inARow(app, 5, getting('/guessed/apart', as('forged'))))).toEqual([401, 401, 401, 429, 429])
  }),

  traffic('good tokens are never counted', async (app) => {
    expect(count(await app.burst(40, getting('/guessed', as('reader'))), 200)).toBe(40)
  }),

  moving('40 wrong passwords at once are answered three times', async (app) => {
    const answers = await app.burst(40, guess('wrong'))
    expect([count(answers, 401), count(answers, 429)]).toEqual([3, 37])
    expect((await app.send(guess('right'))).status).toBe(429)
    app.world.advance(1_000)
    expect(statuses(await inARow(app, 2, guess('right')))).toEqual([200, 200])
  }),

  traffic('what an answer weighs is charged when it has ended', async (app) => {
    const [first, second, third] = await inARow(app, 3, getting('/large'))
    expect(first!.headers['ratelimit-policy']).toBe('"bytes";q=60000;qu="content-bytes";w=60')
    expect(statuses([first!, second!, third!])).toEqual([200, 200, 429])
    const owed = 2 * LARGE.length - 60_000
    expect(Number(third!.headers['retry-after'])).toBeGreaterThan(owed / 1000)
    expect(Number(third!.headers['retry-after'])).toBeLessThan(owed / 1000 + 5)
  }),

  traffic('requests at a pace wait their turn; who would wait too long is refused', async (app) => {
    const answers = await app.burst(20, getting('/paced'))
    const passed = count(answers, 200)
    expect(passed).toBeGreaterThanOrEqual(9)
    expect(passed).toBeLessThan(15) // by a clock that goes on meanwhile, a few more
    expect(count(answers, 429)).toBe(20 - passed)
    for (const { headers } of answers) expect(headers.ratelimit).toBeUndefined()
  }),

  traffic('a client that leaves while it waits reaches no handler', async (app) => {
    void app.send(getting('/paced'))
    const connection = app.connect()
    await connection.write(head('/paced'))
    connection.destroy()
    const events = await app.events(2)
    expect(events.map(({ code, status }) => `${code} ${status}`).sort()).toEqual(['allowed 200', 'client_left 499'])
  }),

  traffic('old clients are told in the fields they know', async (app) => {
    const { headers } = await app.send(getting('/old'))
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4' })
    expect(headers['x-ratelimit-reset']).toBe(String(Math.ceil(app.world.clock() / 1000) + 12))
    expect([headers.ratelimit, headers['ratelimit-policy']]).toEqual([undefined, undefined])
  }),

  traffic('callers have the limit of their tier', async (app) => {
    expect(count(await app.burst(6, getting('/tier', as('admin'))), 200)).toBe(4)
    expect(count(await app.burst(6, getting('/tier', as('reader'))), 200)).toBe(1)
  }),
]
