import { randomBytes } from 'node:crypto'
import type { Expected, Stop } from '@wardline/example-tour'
import type { Cast } from './cast.js'

/** What the tour needs of the world. */
export interface World {
  readonly origin: string
  readonly cast: Cast
  /** The audit line of a request, once it is written. */
  readonly auditLine: (traceId: string) => Promise<string>
}

interface Call {
  readonly who: string
  readonly method: string
  readonly path: string
  readonly token?: string
  readonly body?: unknown
  readonly contentType?: string
}

const ORDER = {
  customerId: '7b0c8a52-4f0e-4c39-9f0b-0d7e3a3c5f11',
  items: [{ sku: 'TEA-250G', quantity: 2 }],
  note: 'Leave it with the neighbour.',
}
/** More than the 100 requests a minute that one principal has. */
const BURST = 130

/** Walks through the service, one request after the other; yields each stop as it is reached. */
export async function* tour(world: World): AsyncGenerator<Stop> {
  const { tokens } = world.cast
  const visit = (call: Call, status: number, code?: string) => stopAt(world, call, { status, code })

  yield await visit({ who: 'anyone', method: 'GET', path: '/healthz' }, 200)
  yield await visit({ who: 'a stranger', method: 'GET', path: '/orders/1' }, 401, 'token_missing')

  const created = await send(world.origin, {
    who: 'clerk',
    method: 'POST',
    path: '/orders',
    token: tokens.clerk,
    body: ORDER,
  })
  const path = created.location ?? '/orders/none'
  yield await stopOf(world, created, { status: 201, code: 'allowed' })
  yield await visit({ who: 'clerk', method: 'GET', path, token: tokens.clerk }, 200, 'allowed')
  yield await visit({ who: 'a client without scope', method: 'GET', path, token: tokens.noScope }, 403, 'scope_missing')
  yield await visit({ who: 'clerk', method: 'DELETE', path, token: tokens.clerk }, 403, 'role_missing')
  yield await visit(
    { who: 'admin of another tenant', method: 'DELETE', path, token: tokens.otherAdmin },
    403,
    'access_denied',
  )
  yield await visit({ who: 'a forger', method: 'GET', path, token: tokens.forged }, 401, 'token_signature_invalid')
  yield await visit({ who: 'clerk, an hour late', method: 'GET', path, token: tokens.expired }, 401, 'token_expired')
  const order = (body: unknown, rest = {}) => ({
    who: 'clerk',
    method: 'POST',
    path: '/orders',
    token: tokens.clerk,
    body,
    ...rest,
  })
  yield await visit(order({ ...ORDER, discount: 100 }), 422, 'invalid_body')
  yield await visit(order('<order/>', { contentType: 'application/xml' }), 415, 'unsupported_media_type')
  yield await visit(
    { who: 'clerk', method: 'GET', path: '/orders/..%2fadmin', token: tokens.clerk },
    400,
    'ambiguous_path',
  )
  yield await burst(world, path)
  yield await visit({ who: 'admin', method: 'DELETE', path, token: tokens.admin }, 204, 'allowed')
}

const stopAt = async (world: World, call: Call, expected: Expected): Promise<Stop> =>
  stopOf(world, await send(world.origin, call), expected)

async function stopOf({ auditLine }: World, answer: Answer, expected: Expected): Promise<Stop> {
  const { call, status, traceId } = answer
  const line = expected.code === undefined ? undefined : await auditLine(traceId)
  const code = line === undefined ? undefined : (JSON.parse(line) as { readonly code: string }).code
  return { request: `${call.method} ${call.path}`, who: call.who, expected, status, code, traceId }
}

/** A hundred pass at once; the refill lets at most a handful more through. The stop shown is one that did not. */
async function burst(world: World, path: string): Promise<Stop> {
  const call = { who: 'busy client', method: 'GET', path, token: world.cast.tokens.busy }
  const answers = await Promise.all(Array.from({ length: BURST }, () => send(world.origin, call)))
  const passed = answers.filter(({ status }) => status === 200).length
  const refused = answers.find(({ status }) => status === 429) ?? answers[0]!
  const stop = await stopOf(world, refused, { status: 429, code: 'rate_limited' })
  const exact = passed >= 100 && passed <= 105 && answers.every(({ status }) => status === 200 || status === 429)
  return {
    ...stop,
    request: `${BURST} x GET ${path}`,
    who: `busy client (${passed} passed)`,
    status: exact ? stop.status : 0,
  }
}

interface Answer {
  readonly call: Call
  readonly status: number
  readonly traceId: string
  readonly location: string | null
}

async function send(origin: string, call: Call): Promise<Answer> {
  const { method, path, token, body, contentType = 'application/json' } = call
  const traceId = randomBytes(16).toString('hex')
  const response = await fetch(origin + path, {
    method,
    headers: {
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-00`,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': contentType }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  await response.arrayBuffer()
  return { call, status: response.status, traceId, location: response.headers.get('location') }
}
