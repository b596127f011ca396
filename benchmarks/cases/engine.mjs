import { all, allow, forbid, NO_FACTS } from 'wardline'
import { Exchange, Mount, resolveService } from 'wardline/mount'
import { checksFloor, factsFloor, waitingFloor } from '../floor/engine.mjs'
import { requestContext } from '../lib/context.mjs'
import { proven } from '../lib/proven.mjs'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'

export default {
  about: 'what composing costs, whatever the guards do',
  run: async ({ rounds, chosen }) => {
    const rows = []
    for (const [name, { checks, floor, answers = PASS, bound }] of Object.entries(POLICIES)) {
      const contenders = { wardline: () => composed(checks, answers), floor: () => byHand(floor, checks, answers) }
      const readings = await timed(chosen(contenders), { rounds })
      rows.push(row({ name, unit: 'us', readings, goals: [timesFloor(undefined, bound)] }))
    }
    const readings = await timed(chosen(MOUNTS), { rounds })
    return [...rows, row({ name: 'policy and its child', unit: 'us', readings, goals: [timesFloor(undefined, 15)] })]
  },
}

const CTX = requestContext()

/** What every check looks at, so that none is nothing. */
const passing = (method) => (ctx) => (ctx.method === method ? allow() : forbid('method_refused'))
const post = Array.from({ length: 8 }, () => passing('POST'))
const later = async (ctx) => (ctx.method === 'POST' ? allow() : forbid('method_refused'))
const giving = (name) => (ctx) => (ctx.method === 'POST' ? allow({ [name]: ctx.path }) : forbid('method_refused'))

const GET = requestContext({ method: 'GET' })
const PASS = { good: [CTX], bad: [GET] }

const POLICIES = {
  'all() of 1': { checks: post.slice(0, 1), floor: checksFloor, bound: 10 },
  'all() of 4': { checks: post.slice(0, 4), floor: checksFloor, bound: 10 },
  'all() of 8': { checks: post, floor: checksFloor, bound: 10 },
  'all() of 4, one of them asynchronous': { checks: [...post.slice(0, 3), later], floor: waitingFloor, bound: 4 },
  'all() of 4, the last denies': {
    checks: [...post.slice(0, 3), passing('GET')],
    floor: checksFloor,
    answers: { good: [], bad: [CTX, GET] },
    bound: 20,
  },
  'all() of 4, each gives a fact': {
    checks: ['client', 'principal', 'tenant', 'input'].map(giving),
    floor: factsFloor,
    bound: 10,
  },
}

async function composed(checks, answers) {
  const policy = all(...checks.map((check, index) => ({ name: `guard${index}`, check })))
  await proven((ctx) => policy.check(ctx, NO_FACTS), answers)
  return () => policy.check(CTX, NO_FACTS)
}

async function byHand(floor, checks, answers) {
  const check = floor(checks)
  await proven((ctx) => check(ctx), answers)
  return () => check(CTX)
}

const [signIn, mayWrite] = [giving('principal'), passing('POST')]

/** A policy at the app and one at a route that builds on it, for a request that meets both. */
const MOUNTS = {
  wardline: async () => {
    const service = resolveService({ audit: { record: () => {} } })
    const parent = new Mount({ name: 'signIn', check: signIn })
    const child = new Mount({ name: 'mayWrite', check: mayWrite }, parent)
    const decide = (ctx) => {
      const exchange = new Exchange(service, ctx)
      return parent.decide(exchange).allowed ? child.decide(exchange) : undefined
    }
    await proven(decide, PASS)
    return () => decide(CTX)
  },
  floor: async () => {
    const [app, route] = [factsFloor([signIn]), factsFloor([mayWrite])]
    const decide = (ctx) => {
      const established = app(ctx)
      return established.allowed ? route(ctx, established.facts) : undefined
    }
    await proven(decide, PASS)
    return () => decide(CTX)
  },
}
