import type { RawAnswer } from '@wardline/test-kit'
import { expect, vi } from 'vitest'
import type { App } from '../app.js'
import { getting, posting } from '../row.js'
import { count, type Scenario, statuses } from './scenario.js'

const shedding = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'shedding', run })

const loadOf = async (app: App) => JSON.parse((await app.send(getting('/load'))).body)

/** Answers and the ends of requests reach the service when the sockets say so. */
const untilInFlight = (app: App, inFlight: number) =>
  vi.waitFor(async () => expect(await loadOf(app)).toMatchObject({ inFlight }), { timeout: 5_000 })

interface Held {
  /** Of all, once the gate has been opened. */
  readonly answers: Promise<readonly RawAnswer[]>
}

/** So many at once that `held` of them stay until the gate is opened, and `more` are refused at once. */
async function holding(app: App, target: string, held: number, more: number): Promise<Held> {
  const { inFlight } = await loadOf(app)
  const requests = Array.from({ length: held + more }, () => app.send(getting(target)))
  const early: RawAnswer[] = []
  for (const request of requests) void request.then((answer) => early.push(answer))
  await vi.waitFor(() => expect(early).toHaveLength(more), { timeout: 5_000 })
  await untilInFlight(app, inFlight + held)
  expect(count(early, 503)).toBe(more)
  return { answers: Promise.all(requests) }
}

export const SHEDDING: readonly Scenario[] = [
  shedding('40 at once over a maximum of 9 for their class admit 9, and all have left in the end', async (app) => {
    const held = await holding(app, '/handler', 9, 31)
    expect(await loadOf(app)).toMatchObject({ inFlight: 9, refused: { default: 31 } })
    app.world.gate.open()
    expect(count(await held.answers, 200)).toBe(9)
    await untilInFlight(app, 0)
  }),

  shedding('lower classes leave room for the higher', async (app) => {
    const held = [
      await holding(app, '/batch/handler', 7, 3),
      await holding(app, '/handler', 2, 3),
      await holding(app, '/checkout/handler', 1, 3),
    ]
    expect(await loadOf(app)).toMatchObject({
      inFlight: 10,
      refusing: ['critical', 'default', 'sheddable'],
      refused: { critical: 3, default: 3, sheddable: 3 },
    })
    app.world.gate.open()
    const answers = await Promise.all(held.map((group) => group.answers))
    expect(answers.map((group) => count(group, 200))).toEqual([7, 2, 1])
    await untilInFlight(app, 0)
  }),

  shedding('health checks pass at full load', async (app) => {
    const held = await holding(app, '/checkout/handler', 10, 1)
    expect(statuses([await app.send(getting('/healthz')), await app.send(getting('/open'))])).toEqual([200, 503])
    app.world.gate.open()
    await held.answers
  }),

  shedding('a refusal says what it is, and when to come back', async (app) => {
    const held = await holding(app, '/checkout/handler', 10, 0)
    const answers = []
    for (let i = 0; i < 4; i++) answers.push(await app.send(getting('/open')))
    expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(['2', '3', '4', '2'])
    expect(answers[0]!.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(JSON.parse(answers[0]!.body)).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      status: 503,
    })
    expect(JSON.parse(answers[0]!.body).code).toBeUndefined()
    const refused = { code: 'overloaded', kind: 'unavailable', event: 'excess_rate_limit_exceeded', guard: 'shed' }
    const events = (await app.events(4)).filter(({ decision }) => decision === 'deny')
    expect(events).toMatchObject(Array.from({ length: 4 }, () => refused))
    app.world.gate.open()
    await held.answers
  }),

  shedding('a refusal comes before the body', async (app) => {
    const held = await holding(app, '/checkout/handler', 10, 0)
    const connection = app.connect()
    const head = ['POST /open HTTP/1.1', 'host: service.test', 'content-type: application/json', 'content-length: 9']
    await connection.write(`${head.join('\r\n')}\r\n\r\n`)
    expect((await connection.answer()).status).toBe(503)
    await connection.write('{"a":"b"}GET /healthz HTTP/1.1\r\nhost: service.test\r\n\r\n')
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
    app.world.gate.open()
    await held.answers
  }),

  ...(['/handler', '/guard'] as const).map((target) =>
    shedding(`clients that leave while ${target} is at work make room`, async (app) => {
      const connections = Array.from({ length: 9 }, () => app.connect())
      for (const connection of connections)
        void connection.write(`GET ${target} HTTP/1.1\r\nhost: service.test\r\n\r\n`)
      await untilInFlight(app, 9)
      expect((await app.send(getting('/open'))).status).toBe(503)
      for (const connection of connections) connection.destroy()
      await untilInFlight(app, 0)
      expect((await app.send(getting('/open'))).status).toBe(200)
      app.world.gate.open()
    }),
  ),

  shedding('whatever becomes of a request, its place is free again', async (app) => {
    const requests = [
      getting('/open'),
      getting('/private'),
      getting('/nowhere'),
      getting('/throws'),
      posting('/open', '{}'),
    ]
    const expected = [200, 401, 404, 500, 200]
    for (let round = 0; round < 5; round++) {
      const answers = []
      for (const request of requests) answers.push(await app.send(request))
      expect(statuses(answers)).toEqual(expected)
    }
    await untilInFlight(app, 0)
  }),

  shedding('requests that wait behind another on a connection that is closed make room', async (app) => {
    const connection = app.connect()
    void connection.write('GET /handler HTTP/1.1\r\nhost: service.test\r\n\r\n'.repeat(9))
    await untilInFlight(app, 9)
    connection.destroy()
    await untilInFlight(app, 0)
    app.world.gate.open()
    await untilInFlight(app, 0)
  }),
]
