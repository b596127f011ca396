import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { createGuard } from '@wardline/express'
import express from 'express'
import {
  all,
  auditTrail,
  byEach,
  byNetwork,
  byRoute,
  clientAddress,
  concurrencyLimit,
  failureLimit,
  memoryStore,
  quota,
  rateLimit,
  shed,
  throttle,
} from 'wardline'
import { addressOf } from '../lib/address-of.mjs'
import { ADDRESSES, HOT_KEYS, keyOf } from '../lib/flood.mjs'
import { kept, memoryLeft } from './left.mjs'

/** So few that they are used up within half a minute. */
const MAX_KEYS = 5_000
/** None is forgotten for being full again, so that only the bound keeps them few. */
const LONG = { limit: 100, windowMs: 31 * 24 * 3_600_000 }

const byKey = ({ headers }) => headers.get('x-api-key') ?? ''
const counting = (guardOf, options, maxKeys = MAX_KEYS) => ({ guardOf, options, store: memoryStore({ maxKeys }) })
const limiting = ({ guardOf, options, store }) => guardOf({ ...options, store })

const address = counting(rateLimit, { ...LONG, name: 'address' })
const sliding = counting(rateLimit, { ...LONG, limit: 20, name: 'sliding', key: byKey, algorithm: 'sliding-window' })
const places = counting(concurrencyLimit, { limit: 2, name: 'places', key: byKey })
const everyPlace = counting(concurrencyLimit, { limit: 10, name: 'every-place', key: () => 'all' })
/** So few keys, each used up at once, that the store is full of them. */
const once = counting(rateLimit, { limit: 1, windowMs: 5_000, name: 'once', key: byKey }, 200)
/** One for all others. */
const store = memoryStore({ maxKeys: MAX_KEYS })
const shedding = shed({
  maxInFlight: 60,
  shares: { sheddable: 0.5 },
  maxEventLoopDelayMs: 2_000,
  priority: ({ path }) => (path.startsWith('/batch') ? 'sheddable' : 'default'),
  exempt: '/healthz',
})
const failures = { store, failures: 3, windowMs: 5_000, delayMs: 100, lockoutMs: 2_000, key: byKey }

const told = new Map()
const write = ({ code, guard, notices = [] }) => {
  for (const what of [`${code} of ${guard}`, ...notices.map((notice) => `notice ${notice.code}`)]) {
    told.set(what, (told.get(what) ?? 0) + 1)
  }
}
const { guard } = createGuard({
  audit: auditTrail({ sink: { write, close: async () => {} } }),
  clientAddress: clientAddress({ trustedProxies: ['127.0.0.0/8'] }),
})

const app = express()
app.use(guard(all(shedding, limiting(address))))
const answer = (_req, res) => res.send('ok')
app.get(['/healthz', '/batch'], answer)
const route = (path, ...guards) => app.get(path, guard(all(...guards)), answer)
route(
  '/sliding',
  limiting(sliding),
  rateLimit({ store, name: 'burst', limit: 1, burst: 2, windowMs: 1_000, key: byKey }),
)
route('/once', limiting(once))
route(
  '/fixed',
  rateLimit({
    store,
    name: 'network',
    limit: 1,
    windowMs: 2_000,
    key: byNetwork(48),
    algorithm: 'fixed-window',
    aligned: true,
  }),
  quota({ store, name: 'day', limit: 50, period: 'day', key: byEach(byKey, byRoute), partitionKey: true }),
)
route(
  '/throttled',
  throttle({ store, name: 'pace', limit: 100, windowMs: 1_000, maxDelayMs: 500, maxWaiting: 20, key: () => 'all' }),
)

const bytes = rateLimit({
  store,
  name: 'bytes',
  limit: 50_000,
  windowMs: 1_000,
  unit: 'content-bytes',
  key: byKey,
  chargeAfter: (outcome) => outcome.bytes,
})
app.get('/bytes', guard(bytes), (_req, res) => res.send('x'.repeat(20_000)))
app.get('/places', guard(all(limiting(places), limiting(everyPlace))), async (_req, res) => {
  await setTimeout(20)
  res.send('ok')
})
const refuse = (_req, res) => res.status(401).send('no')
app.get('/login', guard(failureLimit({ ...failures, name: 'login' })), refuse)
const isFailure = (status) => status === 401
app.get('/signin', guard(failureLimit({ ...failures, name: 'signin', isFailure })), refuse)

const server = createServer(app)
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', async (asked) => process.send(await ANSWERS[asked]()))
process.on('disconnect', () => process.exit(0))

const ANSWERS = {
  reading: async () => ({ ...(await memoryLeft()), handles: process.getActiveResourcesInfo().length }),
  told: () => Object.fromEntries(told),
  bounds: () => {
    const open = process.getActiveResourcesInfo()
    const byKeys = (limit) => kept(limit, (index) => [asking(keyOf(index))], HOT_KEYS + ADDRESSES)
    return [
      {
        what: 'addresses counted',
        count: kept(address, (index) => [{ client: addressOf(index) }], ADDRESSES),
        most: MAX_KEYS,
      },
      { what: 'keys counted', count: byKeys(sliding), most: MAX_KEYS },
      { what: 'places taken, by key', count: byKeys(places), most: 0 },
      { what: 'places taken, of all', count: kept(everyPlace, () => [{}], 1), most: 0 },
      { what: 'requests in flight', count: shedding.load().inFlight, most: 0 },
      { what: 'sockets', count: open.filter((name) => name === 'TCPSocketWrap').length, most: 0 },
      { what: 'timers', count: open.filter((name) => name === 'Timeout').length, most: 0 },
    ]
  },
}

const asking = (key) => ({ headers: { get: () => key } })
