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
import { kept, memoryLeft } from './left.mjs'
import { createOrder, findOrder, NEW_ORDER } from './orders.mjs'

const { CACHED_TOKENS, MAX_KEYS } = process.env

// Buckets that take a month to fill: none is forgotten for being full, so that only the bound keeps them few.
const QUOTA = { limit: 100, windowMs: 31 * 24 * 3_600_000 }
const limit = (name, key) => {
  const store = memoryStore({ maxKeys: Number(MAX_KEYS) })
  return { guardOf: rateLimit, store, options: { ...QUOTA, name, key } }
}
const address = limit('address')
const principal = limit('principal', byPrincipal)
const limiting = ({ guardOf, store, options }) => guardOf({ ...options, store })

const sink = jsonLines({ path: AUDIT_LOG })
const { guard } = createGuard({
  audit: auditTrail({ sink }),
  clientAddress: clientAddress({ trustedProxies: ['127.0.0.0/8'] }),
})
const signedIn = guard(
  all(
    responseHeaders(),
    limiting(address),
    jwt({ issuer: ISSUER, audience: AUDIENCE, cachedTokens: Number(CACHED_TOKENS) }),
    limiting(principal),
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
process.on('message', async (asked) => process.send(asked === 'memory' ? await memoryLeft() : bounds()))
process.on('disconnect', () => process.exit(0))

/** How much is kept of what came, and how much may be. */
function bounds() {
  const { written, dropped } = sink.counts()
  const clients = kept(address, (index) => [{ client: addressOf(index) }], requests)
  const callers = kept(principal, (index) => [{}, { principal: { issuer: ISSUER, id: `user-${index}` } }], requests)
  return [
    { what: 'tokens remembered', count: rememberedTokens, most: Number(CACHED_TOKENS) },
    { what: 'addresses counted', count: clients, most: Number(MAX_KEYS) },
    { what: 'principals counted', count: callers, most: Number(MAX_KEYS) },
    { what: 'audit events waiting', count: requests - written - dropped, most: 0 },
    { what: 'audit events dropped', count: dropped, most: 0 },
  ]
}
