import type { RequestContext } from '../context.js'
import type { Decision } from '../decision.js'
import type { Actor, Principal } from '../principal.js'
import { type AuditActor, type AuditEvent, type AuditPrincipal, DENIAL_EVENT } from '../service.js'
import { auditPath } from './path.js'
import { isoTime } from './time.js'

/** What the mount knows about a request when its event is written. */
export interface Outcome {
  readonly ctx: RequestContext
  readonly decision: Decision<object>
  /** Name of the policy that was asked last. */
  readonly policy: string
  readonly status: number
  readonly traceId: string
  readonly arrivedMs: number
  readonly endedMs: number
  readonly notices: AuditEvent['notices']
}

/** One request's audit event, from named fields that are safe by what they are. Each is bounded in length. */
export function auditEvent(outcome: Outcome): AuditEvent {
  const { ctx, decision, policy, status, traceId, arrivedMs, endedMs, notices } = outcome
  const principal = principalIn(decision)
  return {
    time: isoTime(arrivedMs),
    event: decision.allowed ? principal && 'authn_login_success' : (decision.event ?? DENIAL_EVENT[decision.kind]),
    decision: decision.allowed ? 'allow' : 'deny',
    code: decision.allowed ? 'allowed' : bounded(decision.code),
    kind: decision.allowed ? 'allowed' : decision.kind,
    guard: bounded(decision.allowed ? policy : (decision.guard ?? policy)),
    method: bounded(ctx.method),
    path: bounded(auditPath(ctx.path)),
    route: ctx.route === undefined ? undefined : bounded(ctx.route),
    status,
    client: bounded(ctx.client),
    principal,
    traceId,
    durationMs: Math.max(0, Math.round(endedMs - arrivedMs)),
    notices,
    cause: decision.allowed ? undefined : causeOf(decision.cause),
  }
}

const MAX_FIELD = 512

const bounded = (text: string): string => (text.length <= MAX_FIELD ? text : `${text.slice(0, MAX_FIELD)}...`)

function principalIn({ facts }: Decision<object>): AuditPrincipal | undefined {
  const principal = (facts as { readonly principal?: Principal } | undefined)?.principal
  if (typeof principal !== 'object' || principal === null) return undefined
  const { issuer, id, client, actors } = principal
  return {
    issuer: told(issuer),
    id: told(id),
    client: client === undefined ? undefined : told(client),
    actors: !Array.isArray(actors) || actors.length === 0 ? undefined : actors.slice(0, MAX_ACTORS).map(actorOf),
  }
}

/** A guard in JavaScript may give anything for a principal: its event is written all the same. */
const told = (text: unknown): string => (typeof text === 'string' ? bounded(text) : `(${typeof text})`)

/** Beyond these nobody asks who stands behind whom. */
const MAX_ACTORS = 4

const actorOf = ({ id, issuer }: Actor): AuditActor => ({
  id: told(id),
  issuer: issuer === undefined ? undefined : told(issuer),
})

/** What failed, in one line. Anything that looks like a token is left out. */
function causeOf(cause: unknown): string | undefined {
  if (cause === undefined) return undefined
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : `thrown ${typeof cause}`
  const inner = cause instanceof Error && cause.cause instanceof Error ? ` (${cause.cause.message})` : ''
  return bounded(`${text}${inner}`.replace(TOKEN_LIKE, '[token]'))
}

/** Long runs of token characters: a JWT, a key, a secret. */
const TOKEN_LIKE = /[A-Za-z0-9_~+/=.-]{40,}/g
