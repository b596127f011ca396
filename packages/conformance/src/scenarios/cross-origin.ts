import { expect } from 'vitest'
import { pause } from '../app.js'
import { chunk } from '../row.js'
import { APP } from '../services/cross-origin.js'
import { type Scenario, statuses } from './scenario.js'

const PREFLIGHT = {
  method: 'OPTIONS',
  target: '/open',
  headers: [
    ['origin', APP],
    ['access-control-request-method', 'GET'],
  ],
} as const

/** An answer that a guard sends in place of a handler. */
export const PREFLIGHTS: readonly Scenario[] = [
  {
    name: 'a preflight asks nobody behind it, and counts against the limit ahead of it, which wins',
    service: 'preflighted',
    run: async ({ send, world, events }) => {
      const answers = [await send(PREFLIGHT), await send(PREFLIGHT), await send(PREFLIGHT)]
      expect(statuses(answers)).toEqual([204, 204, 429])
      expect(answers[0]?.headers.ratelimit).toMatch(/^"address";r=1/)
      expect(world.ran).toEqual([])
      expect(await events(3)).toMatchObject([
        { decision: 'allow', code: 'allowed', status: 204, method: 'OPTIONS' },
        { decision: 'allow', code: 'allowed', status: 204 },
        { decision: 'deny', code: 'rate_limited', status: 429 },
      ])
    },
  },
  {
    name: 'a connection serves on after a preflight with a body',
    service: 'preflighted',
    run: async ({ connect, events }) => {
      const connection = connect()
      await connection.write(`${HEAD}content-length: 17\r\n\r\nnobody reads this`)
      expect((await connection.answer()).status).toBe(204)
      await connection.write('GET /open HTTP/1.1\r\nhost: service.test\r\n\r\n')
      expect((await connection.answer()).status).toBe(200)
      expect(await events(2)).toHaveLength(2)
      connection.destroy()
    },
  },
  {
    name: 'a preflight whose body has no end is not listened to for ever',
    service: 'preflighted',
    run: async ({ connect }) => {
      const connection = connect()
      await connection.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`)
      expect((await connection.answer()).status).toBe(204)
      let isClosed = false
      void connection.closed.then(() => {
        isClosed = true
      })
      for (let sent = 0; sent < 256 && !isClosed; sent++) {
        void connection.write(chunk('x'.repeat(65_536)))
        await pause(2)
      }
      expect(isClosed).toBe(true)
    },
  },
]

const HEAD = [
  'OPTIONS /open HTTP/1.1',
  'host: service.test',
  `origin: ${APP}`,
  'access-control-request-method: GET',
  '',
].join('\r\n')
