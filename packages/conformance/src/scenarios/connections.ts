import { expect, vi } from 'vitest'
import type { App } from '../app.js'
import { pause } from '../app.js'
import type { Connection } from '../connection.js'
import { chunk, chunks } from '../row.js'
import type { Scenario } from './scenario.js'

const waiting = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'waiting', run })

const head = (line: string, ...fields: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'host: service.test', ...fields, '', ''].join('\r\n')

const JSON_FIELD = 'content-type: application/json'
const MEBIBYTE = 1024 * 1024

const isUsable = async (connection: Connection): Promise<void> => {
  await connection.write(head('GET /open'))
  expect((await connection.answer()).status).toBe(200)
}

/** The client is gone before it is answered. */
const leaving = (target: string): Scenario =>
  waiting(`a client that leaves while ${target} is at work`, async (app) => {
    const connection = app.connect()
    void connection.write(head(`GET ${target}`))
    await app.world.gate.reached
    connection.destroy()
    await vi.waitFor(() => expect(app.world.ran).toEqual(['finished with 499']))
    app.world.gate.open()
    const events = await app.events(1)
    expect(events).toMatchObject([{ status: 499, decision: 'allow', path: target, route: target }])
    expect(events).toHaveLength(1)
  })

/**
 * Answers that come before the body is there: they arrive, also at a client that first sends what it has to send, piece
 * by piece, and only then looks for an answer.
 */
const refusedBody = (name: string, target: string, status: number, fields: readonly string[], body: string): Scenario =>
  waiting(name, async (app) => {
    const connection = app.connect()
    connection.read(false)
    await connection.write(head(`POST ${target}`, JSON_FIELD, ...fields))
    for (let sent = 0; sent < body.length; sent += PIECE) {
      await connection.write(body.slice(sent, sent + PIECE))
      await pause(2)
    }
    connection.read(true)
    const answer = await connection.answer()
    expect([answer.status, JSON.parse(answer.body).status]).toEqual([status, status])
    if (fields.includes('connection: close')) expect(await connection.closed).toBeUndefined()
    else await isUsable(connection)
    connection.destroy()
  })

const PIECE = 65_536
const LONG = 'x'.repeat(MEBIBYTE)
const LONG_FIELD = `content-length: ${MEBIBYTE}`
/** With its framing within what a service is willing to take and throw away. */
const LONG_CHUNKS = chunks(...Array.from({ length: 16 }, () => 'x'.repeat(65_000)))
const CHUNKED = 'transfer-encoding: chunked'

const eventsOf = async (app: App, count: number) =>
  (await app.events(count)).map(({ path, status }) => `${path} ${status}`).sort()

export const CONNECTIONS: readonly Scenario[] = [
  refusedBody('413 while 1 MiB is under way, then the next request', '/body', 413, [LONG_FIELD], LONG),
  refusedBody('413 while 1 MiB comes in chunks, then the next request', '/body', 413, [CHUNKED], LONG_CHUNKS),
  refusedBody('413 and the end, with a length', '/body', 413, [LONG_FIELD, 'connection: close'], LONG),
  refusedBody('413 and the end, in chunks', '/body', 413, [CHUNKED, 'connection: close'], LONG_CHUNKS),
  refusedBody('401 with a body that nobody read', '/private', 401, ['content-length: 20000'], 'x'.repeat(20_000)),
  refusedBody('401 while 1 MiB comes in chunks', '/private', 401, [CHUNKED], LONG_CHUNKS),
  refusedBody('401 and the end', '/private', 401, [LONG_FIELD, 'connection: close'], LONG),

  waiting('a body without end is not listened to for ever', async (app) => {
    const connection = app.connect()
    void connection.write(head('POST /private', CHUNKED))
    for (let sent = 0; sent < 32 * PIECE; sent += PIECE) {
      void connection.write(chunk('x'.repeat(PIECE)))
      await pause(2)
    }
    expect((await connection.answer()).status).toBe(401)
    expect(await connection.closed).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
    expect(await app.events(1)).toMatchObject([{ status: 401, code: 'token_missing' }])
  }),
  refusedBody('400 for a body that was read', '/body', 400, ['content-length: 3'], '{a}'),

  leaving('/guard'),
  leaving('/handler'),

  waiting('several requests on one connection leave one event each', async (app) => {
    const connection = app.connect()
    for (let i = 0; i < 3; i++) await isUsable(connection)
    expect(await eventsOf(app, 3)).toEqual(['/open 200', '/open 200', '/open 200'])
    connection.destroy()
  }),

  waiting('pipelined requests are answered each for itself', async (app) => {
    const connection = app.connect()
    void connection.write(
      [
        head('GET /open'),
        `${head('POST /body', JSON_FIELD, 'content-length: 7')}{"a":1}`,
        `${head('POST /private', JSON_FIELD, 'content-length: 5')}GET /`,
        head('GET /nowhere'),
        `${head('POST /body', JSON_FIELD, CHUNKED)}${chunks('{', '}')}`,
        head('GET /open', 'connection: close'),
      ].join(''),
    )
    const answers = []
    for (let i = 0; i < 6; i++) answers.push((await connection.answer()).status)
    expect(answers).toEqual([200, 200, 401, 404, 200, 200])
    expect(await connection.closed).toBeUndefined()
    expect(await eventsOf(app, 6)).toEqual([
      '/body 200',
      '/body 200',
      '/nowhere 404',
      '/open 200',
      '/open 200',
      '/private 401',
    ])
  }),

  waiting('what stands in a refused body is never taken for a request', async (app) => {
    const connection = app.connect()
    const smuggled = head('GET /open')
    void connection.write(`${head('POST /private', `content-length: ${smuggled.length}`)}${smuggled}`)
    expect((await connection.answer()).status).toBe(401)
    await isUsable(connection)
    expect(await eventsOf(app, 2)).toEqual(['/open 200', '/private 401'])
    connection.destroy()
  }),

  waiting('a request that waits holds up nobody else', async (app) => {
    const connection = app.connect()
    void connection.write(head('GET /guard'))
    await app.world.gate.reached
    expect((await app.send({ target: '/open' })).status).toBe(200)
    app.world.gate.open()
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  }),

  waiting('Expect: 100-continue', async (app) => {
    const connection = app.connect()
    void connection.write(head('POST /body', JSON_FIELD, 'content-length: 7', 'expect: 100-continue'))
    await pause(30)
    void connection.write('{"a":1}')
    expect((await connection.answer()).status).toBe(200)
    connection.destroy()
  }),
]
