import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { jsonLines } from 'wardline'
import type { App } from '../app.js'
import { checkSecrecy, SECRET } from '../check.js'
import { as, getting, posting } from '../row.js'
import type { Scenario } from './scenario.js'

/** Requests that try to end a line, to move a cursor, to look like another event, or to leave a secret behind. */
const TELLTALES = [
  getting(`/open?password=${SECRET}`),
  getting('/open/%0a%7b%22event%22:%22authn_login_success%22%7d'),
  getting('/open/%c2%85%e2%80%a8%1b[2J'),
  getting(`/open/${'%e2%80%ae'.repeat(20)}`),
  getting('/open/{admin}'),
  getting('/me', as('forged', ['cookie', SECRET])),
  getting('/me', as('reader', ['x-api-key', SECRET])),
  { method: 'DELETE', target: '/orders/n1', ...as('stranger') },
  posting('/input', `{"secret":"${SECRET}`),
  getting('/answer/throws'),
  getting(`/open/${'a'.repeat(9000)}`),
]

const MAX_LINE = 8192
/** Printable ASCII, and what JSON strings may hold beyond it without moving a cursor. */
const HARMLESS = /^[\x20-\x7e\u00a0-\u061b\u061d-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ufefe]*$/

export const AUDIT_TRAIL: readonly Scenario[] = [
  {
    name: 'one event is one line of JSON, whatever the request holds',
    service: 'front',
    run: async (app) => {
      for (const request of TELLTALES) await app.send(request)
      const lines = await linesOf(app, TELLTALES.length)
      expect(lines).toHaveLength(TELLTALES.length)
      for (const line of lines) {
        expect(line).toMatch(HARMLESS)
        expect(line.length).toBeLessThan(MAX_LINE)
        expect(Object.keys(JSON.parse(line))).toEqual(
          expect.arrayContaining(['time', 'decision', 'code', 'path', 'traceId']),
        )
      }
      checkSecrecy(lines, app.tokens)
    },
  },
  {
    name: 'an event says how long the answer took',
    service: 'waiting',
    run: async (app) => {
      const answer = app.send(getting('/handler'))
      await app.world.gate.reached
      app.world.advance(1_234)
      app.world.gate.open()
      await answer
      const [event] = await app.events(1)
      expect(event?.durationMs).toBe(1_234)
    },
  },
]

/** The events as the sink of a service would write them. */
async function linesOf(app: App, count: number): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'wardline-audit-'))
  try {
    const path = join(folder, 'audit.log')
    const sink = jsonLines({ path })
    for (const event of await app.events(count)) sink.write(event)
    await sink.close()
    return (await readFile(path, 'utf8')).trimEnd().split('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}
