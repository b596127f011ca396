import { randomUUID } from 'node:crypto'
import { AUDIENCE } from '../lib/issuer.mjs'
import { LIMIT, NEW_ORDER, WINDOW_MS } from '../services/orders.mjs'
import { auditFloor } from './audit.mjs'
import { gcraFloor } from './gcra.mjs'
import { inputFloor } from './input.mjs'
import { tokenFloor } from './token.mjs'

const PATH = /^\/(?:[\w.~!$&'()*+,=:@/-]|%[\dA-Fa-f]{2})*$/
const DOTS = /\/(?:\/|\.{1,2}(?:\/|$))/
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/

/**
 * All five rooms by hand, for one service only: what somebody writes who needs exactly this, knows node:http well, and
 * will not have to extend it. Calls `allowed(request, body)`, or ends the response.
 */
export async function frontDoor({ issuer, auditLog }) {
  const { keys } = await (await fetch(`${issuer}/jwks`)).json()
  const principalOf = tokenFloor({ issuer, audience: AUDIENCE, jwk: keys[0] })
  const byAddress = gcraFloor({ limit: LIMIT, windowMs: WINDOW_MS })
  const byPrincipal = gcraFloor({ limit: LIMIT, windowMs: WINDOW_MS })
  const audit = auditFloor(auditLog)
  const input = inputFloor(NEW_ORDER)
  const policies = ['address', 'principal'].map((name) => `"${name}";q=${LIMIT};w=${WINDOW_MS / 1000}`).join(', ')

  return (request, response, allowed) => {
    const nowMs = Date.now()
    const { remoteAddress } = request.socket
    const client = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress
    const { method, headers } = request
    const target = request.originalUrl ?? request.url
    const query = target.indexOf('?')
    const path = query === -1 ? target : target.slice(0, query)
    let principal
    let code = 'allowed'

    response.on('close', () => {
      const { statusCode: status } = response
      const trace = TRACEPARENT.exec(headers.traceparent ?? '')
      audit({
        time: new Date(nowMs).toISOString(),
        event: code === 'allowed' ? 'authn_login_success' : 'authz_fail',
        decision: code === 'allowed' ? 'allow' : 'deny',
        code,
        method: method.slice(0, 512),
        path: path.slice(0, 512),
        status,
        client,
        principal: principal && { issuer: principal.issuer, id: principal.id, client: principal.client },
        traceId: trace === null ? randomUUID() : trace[1],
        durationMs: Date.now() - nowMs,
      })
    })
    const refuse = (status, why) => {
      code = why
      response.statusCode = status
      response.setHeader('content-type', 'application/problem+json')
      response.end(JSON.stringify({ type: 'about:blank', status }))
    }

    response.setHeader('cache-control', 'no-store')
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    response.setHeader('cross-origin-resource-policy', 'same-origin')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('strict-transport-security', 'max-age=31536000')
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('x-frame-options', 'DENY')
    response.removeHeader('x-powered-by')

    const address = byAddress(client, nowMs)
    if (!address.allowed) return refuse(429, 'rate_limited')
    principal = principalOf(headers.authorization, nowMs)
    if (principal === undefined) return refuse(401, 'token_refused')
    const caller = byPrincipal(principal.key, nowMs)
    if (!caller.allowed) return refuse(429, 'rate_limited')
    response.setHeader('ratelimit-policy', policies)
    response.setHeader('ratelimit', `${standing('address', address)}, ${standing('principal', caller)}`)
    if (!PATH.test(path) || DOTS.test(path) || twice(request.rawHeaders)) return refuse(400, 'ambiguous')

    if (method === 'GET') {
      if (!principal.scopes.has('orders:read')) return refuse(403, 'scope_missing')
      return allowed(undefined)
    }
    if (!principal.roles.has('clerk') && !principal.roles.has('admin')) return refuse(403, 'role_missing')
    input.read(request, (body) => (body === undefined ? refuse(422, 'invalid_body') : allowed(body)))
  }
}

const standing = (name, { remaining, resetMs }) => `"${name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`

const SINGLETONS = new Set(['authorization', 'host', 'content-type', 'content-encoding', 'proxy-authorization'])

/** Node keeps the first of these fields and drops the rest. */
function twice(rawHeaders) {
  let seen = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase()
    if (!SINGLETONS.has(name)) continue
    if (seen.includes(` ${name} `)) return true
    seen += ` ${name} `
  }
  return false
}
