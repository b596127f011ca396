import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { allow, auditTrail, jsonLines } from 'wardline'
import { Exchange, Mount, Notices, resolveService } from 'wardline/mount'
import { auditFloor } from '../floor/audit.mjs'
import { requestContext } from '../lib/context.mjs'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'

/** Events between two turns of the event loop, in which batches are written. */
const BATCH = 1_000
/** So long a round that most of it is written within. */
const BATCHES = 20

export default {
  about: 'what happened? one event per request, in batches to a file',
  run: async ({ rounds, check, chosen }) => {
    const few = check ? 5 : Math.min(rounds, 15)
    const atMost = { what: 'us', of: ({ wardline }) => wardline, atMost: 3 }
    const built = await written(chosen(BUILT), few)
    const whole = await written(chosen(DECIDED), few)
    return [
      row({ name: 'event built and written', unit: 'us', readings: built, goals: [atMost, timesFloor(undefined, 5)] }),
      row({ name: 'request decided, its event too', unit: 'us', readings: whole, goals: [timesFloor(undefined, 8)] }),
    ]
  },
}

/** Every contender writes to a file of its own, which is emptied between rounds. */
async function written(contenders, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'benchmark-'))
  const names = Object.keys(contenders)
  const pathOf = (name) => join(folder, `${names.indexOf(name)}.log`)
  const inBatches = (name) => async () => {
    const { record, close } = await contenders[name](pathOf(name))
    await provenLines(record, pathOf(name))
    const call = async (from) => {
      for (let index = from; index < from + BATCH; index++) record(index)
      await setImmediate()
    }
    return { call, close }
  }
  const inputs = async () => {
    await setTimeout(50) // what is left of the round before
    for (const name of names) truncateSync(pathOf(name))
    return Array.from({ length: BATCHES }, (_, index) => index * BATCH)
  }
  try {
    const making = Object.fromEntries(names.map((name) => [name, inBatches(name)]))
    return await timed(making, { rounds, inputs, operations: BATCH })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Every event arrives, with what it says, and no credential does. */
async function provenLines(record, path) {
  for (let index = 0; index < BATCH; index++) record(index)
  await setTimeout(200)
  const text = readFileSync(path, 'utf8')
  const lines = text.trimEnd().split('\n')
  assert.equal(lines.length, BATCH)
  for (const [index, line] of lines.entries()) assert.ok(line.includes(`"path":"/orders/o-${index}"`), line)
  assert.doesNotMatch(text, /Bearer/)
}

const AUTHORIZATION = 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2lnbmF0dXJl'
const PRINCIPAL = { issuer: 'https://id.example.com', id: 'user-1', client: 'orders-web' }
const REQUEST = requestContext({ route: '/orders/:id', fields: new Map([['authorization', AUTHORIZATION]]) })

/** The whole way of a request through a mount: its exchange is made, a guard allows, the answer ends. */
const DECIDED = {
  wardline: (path) => {
    const { trail, close } = wardlineTrail(path)
    const service = resolveService({ audit: trail })
    const mount = new Mount({ name: 'signedIn', check: () => allow({ principal: PRINCIPAL }) })
    let end
    const onFinished = (listener) => {
      end = listener
    }
    const record = (index) => {
      const ctx = { ...REQUEST, path: pathOf(index), nowMs: Date.now(), notices: new Notices(), onFinished }
      mount.decide(new Exchange(service, ctx))
      end(200)
    }
    return { record, close }
  },
  floor: (path) => {
    const write = auditFloor(path)
    return { record: (index) => write(builtEvent({ ...REQUEST, path: pathOf(index), nowMs: Date.now() })) }
  },
  pino: (path) => pinoRecorder(path, (index) => builtEvent({ ...REQUEST, path: pathOf(index), nowMs: Date.now() })),
}

/** An event, of what is at hand when a request has ended. */
const BUILT = {
  wardline: (path) => {
    const { trail, close } = wardlineTrail(path)
    return { record: (index) => trail.record(event(TIME, pathOf(index), TRACE_ID, 3)), close }
  },
  floor: (path) => {
    const write = auditFloor(path)
    return { record: (index) => write(event(TIME, pathOf(index), TRACE_ID, 3)) }
  },
  pino: (path) => pinoRecorder(path, (index) => event(TIME, pathOf(index), TRACE_ID, 3)),
}

const TIME = '2026-01-02T03:04:05.678Z'
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

const pathOf = (index) => `/orders/o-${index}`

/** What wardline writes, by hand. */
const builtEvent = ({ nowMs, path }) =>
  event(new Date(nowMs).toISOString(), path, randomUUID().replaceAll('-', ''), Date.now() - nowMs)

const event = (time, path, traceId, durationMs) => ({
  time,
  event: 'authn_login_success',
  decision: 'allow',
  code: 'allowed',
  kind: 'allowed',
  guard: 'signedIn',
  method: REQUEST.method,
  path,
  route: REQUEST.route,
  status: 200,
  client: REQUEST.client,
  principal: { issuer: PRINCIPAL.issuer, id: PRINCIPAL.id, client: PRINCIPAL.client },
  traceId,
  durationMs,
  notices: undefined,
  cause: undefined,
})

function wardlineTrail(path) {
  const sink = jsonLines({ path })
  const trail = auditTrail({ sink })
  const close = async () => {
    await trail.close()
    assert.equal(sink.counts().dropped, 0)
  }
  return { trail, close }
}

async function pinoRecorder(path, eventOf) {
  const { default: pino } = await import('pino')
  const destination = pino.destination({ dest: path, sync: false, minLength: 4096 })
  await once(destination, 'ready')
  const logger = pino({ redact: ['authorization'] }, destination)
  const flushing = setInterval(() => destination.flush(), 20)
  const record = (index) => logger.info({ event: eventOf(index), authorization: AUTHORIZATION })
  const close = async () => {
    clearInterval(flushing)
    destination.end()
    await once(destination, 'close')
  }
  return { record, close }
}
