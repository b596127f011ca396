import { NO_FACTS, shed } from 'wardline'
import { shedFloor } from '../floor/shed.mjs'
import { requestContext } from '../lib/context.mjs'
import { proven } from '../lib/proven.mjs'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'

export default {
  about: 'can it be served at all? one request, by load and class, and its end',
  run: async ({ rounds, chosen }) => {
    const rows = []
    for (const [name, make, goals] of [
      ['admitted and answered', answered, [AT_MOST, timesFloor(undefined, 10)]],
      ['refused', refused, [AT_MOST]],
      ['exempt', exempt, [AT_MOST]],
    ]) {
      const contenders = Object.entries(CONTENDERS).map(([who, limiter]) => [who, () => make(limiter)])
      const readings = await timed(chosen(Object.fromEntries(contenders)), { rounds })
      rows.push(row({ name: `shed: ${name}`, unit: 'us', readings, goals }))
    }
    return rows
  },
}

const AT_MOST = { what: 'us', of: ({ wardline }) => wardline, atMost: 0.5, check: 5 }

const CONTENDERS = {
  wardline: (most) => {
    const guard = shed({
      maxInFlight: most,
      maxEventLoopDelayMs: 10_000, // never reached: rounds block the event loop
      exempt: '/healthz',
      priority: ({ path }) => (path.startsWith('/batch/') ? 'sheddable' : 'default'),
    })
    return { take: (ctx) => guard.check(ctx, NO_FACTS) }
  },
  floor: (most) => shedFloor(most, 10_000),
}

const healthCheck = requestContext({ path: '/healthz' })

/** Ends each request before the next comes. */
async function answered(limiter) {
  const { take, close } = limiter(100)
  let finish
  const ctx = requestContext({ onFinished: (listener) => (finish = listener) })
  const call = () => {
    const answer = take(ctx)
    finish(200)
    return answer
  }
  await proven(call, { good: Array.from({ length: 200 }, () => ctx), bad: [] })
  return { call, close }
}

/** Once the only place is taken. */
async function refused(limiter) {
  const { take, close } = limiter(1)
  const ctx = requestContext()
  await proven(take, { good: [ctx], bad: [ctx, ctx] })
  return { call: () => take(ctx), close }
}

async function exempt(limiter) {
  const { take, close } = limiter(1)
  await proven(take, { good: [requestContext(), healthCheck], bad: [requestContext()] })
  return { call: () => take(healthCheck), close }
}
