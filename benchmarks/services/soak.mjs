import { createServer } from 'node:http'
import { createGuard } from '@wardline/express'
import express from 'express'
import {
  all,
  auditTrail,
  byPrincipal,
  clientAddress,
  jsonLines,
  jwt,
  memoryStore,
  rateLimit,
  requireRole,
  requireScope,
  responseHeaders,
  validate,
  wellFormed,
} from 'wardline'
import { addressOf } from '../lib/address-of.mjs'
import { AUDIENCE } from '../lib/issuer.mjs'
import { AUDIT_LOG, ISSUER } from './child.mjs'
import { createOrder, findOrder, NEW_ORDER } from './orders.mjs'

const { CACHED_TOKENS, MAX_KEYS } = process.env

// Buckets that take a month to fill: none is forgotten for being full, so that only the bound keeps them few.
const QUOTA = { limit: 100, windowMs: 31 * 24 * 3_600_000 }
const limit = (name, key) => {
  const store = memoryStore({ maxKeys: Number(MAX_KEYS) })
  return { store, options: { ...QUOTA, name, key } }
}
const address = limit('address')
const principal = limit('principal', byPrincipal)
const guardOf = ({ store, options }) => rateLimit({ ...options, store })

const sink = jsonLines({ path: AUDIT_LOG })
const { guard } = createGuard({
  audit: auditTrail({ sink }),
  clientAddress: clientAddress({ trustedProxies: ['127.0.0.0/8'] }),
})
const signedIn = guard(
  all(
    responseHeaders(),
    guardOf(address),
    jwt({ issuer: ISSUER, audience: AUDIENCE, cachedTokens: Number(CACHED_TOKENS) }),
    guardOf(principal),
    wellFormed(),
  ),
)
const creating = signedIn.and(all(requireRole('clerk', 'admin'), validate({ body: NEW_ORDER })))

let requests = 0
/** Facts are made once for a token and live as long as it is remembered. */
const remembered = new WeakSet()
let rememberedTokens = 0
const forgotten = new FinalizationRegistry(() => rememberedTokens--)
const counted = (req, _res, next) => {
  requests++
  const { principal: caller } = signedIn.facts(req)
  if (!remembered.has(caller)) {
    remembered.add(caller)
    forgotten.register(caller)
    rememberedTokens++
  }
  next()
}

const app = express()
app.use(signedIn, counted)
app.get('/orders/:id', signedIn.and(requireScope('orders:read')), (req, res) => res.json(findOrder(req.params.id)))
app.post('/orders', creating, (req, res) => res.status(201).json(createOrder(creating.facts(req).input.body)))

const server = createServer(app)
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', async (asked) => process.send(asked === 'memory' ? await memory() : bounds()))
process.on('disconnect', () => process.exit(0))

/** What is left when garbage was collected, and finalizers ran that the next collection needs. */
async function memory() {
  for (let times = 0; times < 3; times++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return process.memoryUsage()
}

/** How much is kept of what came, and how much may be. */
function bounds() {
  const { written, dropped } = sink.counts()
  const clients = kept(address, (index) => [{ client: addressOf(index) }])
  const callers = kept(principal, (index) => [{}, { principal: { issuer: ISSUER, id: `user-${index}` } }])
  return [
    { what: 'tokens remembered', count: rememberedTokens, most: Number(CACHED_TOKENS) },
    { what: 'addresses counted', count: clients, most: Number(MAX_KEYS) },
    { what: 'principals counted', count: callers, most: Number(MAX_KEYS) },
    { what: 'audit events waiting', count: requests - written - dropped, most: 0 },
    { what: 'audit events dropped', count: dropped, most: 0 },
  ]
}

/** A bucket that is kept is not full; one that is forgotten is as good as new. */
function kept({ store, options }, asking) {
  let count = 0
  const look = (request, nowMs) => {
    const state = store.look(request, nowMs)
    if (state?.remaining < options.limit) count++
    return state
  }
  const probe = rateLimit({ ...options, store: { look, take: store.take } })
  for (let index = 0; index < requests; index++) {
    const [ctx, facts] = asking(index)
    probe.check({ ...ctx, nowMs: Date.now() }, facts)
  }
  return count
}
