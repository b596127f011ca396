import { expect } from 'vitest'
import { pause } from '../app.js'
import type { Connection } from '../connection.js'
import type { Scenario } from './scenario.js'

const waiting = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'waiting', run })

const posting = (target: string, ...fields: readonly string[]): string =>
  [`POST ${target} HTTP/1.1`, 'host: service.test', 'content-type: application/json', ...fields, '', ''].join('\r\n')

/** What the guard of `/body` grants, and what a test machine may add. */
const TIMEOUT_MS = 400
const SLACK_MS = 3_000

/** A service lets go of a connection whose body never ends, after a little patience. */
const CLOSING_MS = 10_000

async function within(ms: number, happening: Promise<unknown>): Promise<void> {
  const began = Date.now()
  await happening
  expect(Date.now() - began).toBeLessThan(ms)
}

/** A byte now and then, until the connection is gone. */
async function trickle(connection: Connection, text: string, everyMs: number): Promise<void> {
  for (const byte of text) {
    void connection.write(byte)
    await pause(everyMs)
  }
}

/** The body stops or crawls: 408 in time, and the connection does not outlive it. */
const timedOut = (name: string, fields: readonly string[], part: string, everyMs = 0): Scenario =>
  waiting(name, async (app) => {
    const connection = app.connect()
    const began = Date.now()
    await connection.write(posting('/body', ...fields))
    void trickle(connection, part, everyMs)
    const answer = await connection.answer()
    const tookMs = Date.now() - began
    expect(answer.status).toBe(408)
    expect(tookMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 10)
    expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
    expect(await app.events(1)).toMatchObject([{ status: 408, code: 'body_timeout', guard: 'validate' }])
    await within(CLOSING_MS, connection.closed)
  })

export const BODIES: readonly Scenario[] = [
  timedOut('a body that never begins', ['content-length: 10'], ''),
  timedOut('a body that never begins, connection: close', ['content-length: 10', 'connection: close'], ''),
  timedOut('a body that stalls', ['content-length: 10'], '{"a"'),
  timedOut('a chunk that stalls', ['transfer-encoding: chunked'], '8\r\n{"a"'),
  timedOut('a body that trickles', ['transfer-encoding: chunked'], '1\r\n1\r\n'.repeat(12), 50),

  waiting('a body that trickles, but in time', async (app) => {
    const connection = app.connect()
    await connection.write(posting('/body/patient', 'content-length: 7'))
    await trickle(connection, '{"a":1}', 30)
    const answer = await connection.answer()
    expect(JSON.parse(answer.body)).toMatchObject({ input: { body: { a: 1 } }, body: { a: 1 } })
    connection.destroy()
  }),

  ...(['content-length: 100', 'transfer-encoding: chunked'] as const).map((field) =>
    waiting(`a body that breaks off, ${field}`, async (app) => {
      const connection = app.connect()
      await connection.write(`${posting('/body/patient', field)}${field.startsWith('t') ? '5\r\n{"a":' : '{"a":'}`)
      await pause(50)
      connection.destroy()
      const events = await app.events(1)
      expect(events).toMatchObject([{ status: 499, code: 'body_incomplete', decision: 'deny' }])
      expect(events).toHaveLength(1)
      expect((await app.send({ target: '/open' })).status).toBe(200)
    }),
  ),

  waiting('30 bodies that stall hold up nobody', async (app) => {
    const stalled = Array.from({ length: 30 }, () => app.connect())
    for (const connection of stalled) void connection.write(posting('/body', 'content-length: 10'))
    await pause(50)
    await within(SLACK_MS, app.send({ target: '/open' }))
    const answers = await Promise.all(stalled.map((connection) => connection.answer()))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([408]))
    for (const connection of stalled) connection.destroy()
    expect(await app.events(31)).toHaveLength(31)
  }),
]
