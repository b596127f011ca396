import { remaining } from '@wardline/test-kit'
import { expect } from 'vitest'
import { as, getting } from '../row.js'
import { PROXY } from '../world.js'
import { count, type Scenario, statuses } from './scenario.js'

const MINUTE = 60_000

/** The proxy's request for a client, which has an address limit of 6. */
const through = (client: string) => getting('/address', { from: PROXY, headers: [['x-forwarded-for', client]] })

const limited = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'limited', run })

/** The clock moves in it. */
const moving = (...rest: Parameters<typeof limited>): Scenario => ({ ...limited(...rest), clock: 'moves' })

export const LIMITS: readonly Scenario[] = [
  limited('40 at once over a limit of 6 admit 6', async (app) => {
    const answers = await app.burst(40, getting('/address'))
    expect([count(answers, 200), count(answers, 429)]).toEqual([6, 34])
  }),

  limited('and so where a guard behind the limit takes time', async (app) => {
    const answers = await app.burst(40, getting('/slow'))
    expect([count(answers, 200), count(answers, 429)]).toEqual([6, 34])
  }),

  limited('and so where the count is on another machine', async (app) => {
    const answers = await app.burst(30, getting('/remote'))
    expect([count(answers, 200), count(answers, 429)]).toEqual([4, 26])
  }),

  moving('a refusal says which limit, and when to come back', async (app) => {
    await app.burst(2, getting('/two'))
    const refused = await app.send(getting('/two'))
    expect(refused.headers).toMatchObject({
      'retry-after': '30',
      'ratelimit-policy': '"address";q=6;w=60, "route";q=2;w=60',
    })
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'rate_limited', 'violated-policies': ['route'] })
    app.world.advance(29_000)
    expect((await app.send(getting('/two'))).status).toBe(429)
    app.world.advance(1_500)
    expect((await app.send(getting('/two'))).status).toBe(200)
  }),

  ...(['/two', '/two-later'] as const).map((target) =>
    limited(`${target}: a request refused by one limit spends none of the other`, async (app) => {
      const answers = await app.burst(20, getting(target))
      expect(count(answers, 200)).toBe(2)
      expect(remaining(await app.send(getting('/address')), 'address')).toBe(3)
    }),
  ),

  limited('a limit that every request shares is spent by refusals of another kind', async (app) => {
    const answers = []
    for (let i = 0; i < 8; i++) answers.push(await app.send(getting('/denied', as('reader'))))
    expect(statuses(answers)).toEqual([403, 403, 403, 403, 403, 403, 429, 429])
  }),

  limited('a request refused by a limit of the service itself spends none of the others', async (app) => {
    const answers = await app.burst(10, getting('/full'))
    expect(count(answers, 429)).toBe(10)
    expect(remaining(await app.send(getting('/address')), 'address')).toBe(5)
  }),

  limited('a forged token spends nothing of the principal it names', async (app) => {
    for (const token of ['forged', 'other-payload', 'expired']) await app.send(getting('/principal', as(token)))
    const answers = [
      await app.send(getting('/principal', as('admin'))),
      await app.send(getting('/principal', as('admin'))),
    ]
    expect(answers.map((answer) => [answer.status, remaining(answer, 'principal')])).toEqual([
      [200, 1],
      [200, 0],
    ])
  }),

  limited('two principals at one address have quotas of their own', async (app) => {
    const answers = []
    for (const token of ['reader', 'reader', 'reader', 'admin'])
      answers.push(await app.send(getting('/principal', as(token))))
    expect(statuses(answers)).toEqual([200, 200, 429, 200])
  }),

  limited('a request may cost more than one', async (app) => {
    const answers = []
    for (let i = 0; i < 3; i++) answers.push(await app.send(getting('/costly')))
    expect(answers.map((answer) => [answer.status, remaining(answer, 'cost')])).toEqual([
      [200, 6],
      [200, 2],
      [429, 2],
    ])
  }),

  limited('an IPv6 client that hops through its prefix is one client', async (app) => {
    const answers = []
    for (let i = 1; i <= 7; i++) answers.push(await app.send(through(`2001:db8:0:1:${i}::${i}`)))
    answers.push(await app.send(through('2001:db8:0:2::1')))
    expect(statuses(answers)).toEqual([200, 200, 200, 200, 200, 200, 429, 200])
  }),

  limited('an IPv4 client in every spelling is one client', async (app) => {
    const spellings = [
      '203.0.113.7',
      '::ffff:203.0.113.7',
      '::FFFF:cb00:7107',
      '0:0:0:0:0:ffff:cb00:7107',
      '203.0.113.7:1',
      '[::ffff:cb00:7107]:9',
    ]
    for (const client of spellings) expect((await app.send(through(client))).status, client).toBe(200)
    expect((await app.send(through('203.0.113.7'))).status).toBe(429)
  }),

  limited('a stranger that varies its forwarding fields is one client', async (app) => {
    const answers = []
    for (let i = 0; i < 7; i++) {
      const headers = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x_forwarded_for'].map(
        (name) => [name, `203.0.113.${i}`] as const,
      )
      answers.push(await app.send(getting('/address', { headers })))
    }
    expect(statuses(answers)).toEqual([200, 200, 200, 200, 200, 200, 429])
  }),

  {
    name: 'the baseline admits 300 a minute, refused requests counted in',
    service: 'baseline',
    run: async (app) => {
      const refused = await app.burst(50, getting('//'))
      const answers = await app.burst(300, getting('/open'))
      expect([count(refused, 400), count(answers, 200), count(answers, 429)]).toEqual([50, 250, 50])
    },
  },

  moving('a limit is of one service: whole again after its window', async (app) => {
    await app.burst(6, getting('/address'))
    app.world.advance(MINUTE)
    const answers = await app.burst(10, getting('/address'))
    expect(count(answers, 200)).toBe(6)
  }),

  limited('every request of a burst leaves one event', async (app) => {
    await app.burst(25, getting('/two-later'))
    const events = await app.events(25)
    expect(events).toHaveLength(25)
    expect(events.filter(({ decision }) => decision === 'allow')).toHaveLength(2)
    expect(events.filter(({ code }) => code === 'rate_limited')).toHaveLength(23)
  }),
]
