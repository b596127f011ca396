import type { Challenge } from '../../decision.js'
import { deepFreeze, frozenSet } from '../../lib/frozen.js'
import { isText } from '../../lib/json-value.js'
import { type Authentication, CHALLENGE, NOT_AUTHENTICATED, type Principal, type Proof } from '../../principal.js'
import { claimedTrustDomain, parseWorkloadId } from '../certificates/spiffe-id.js'
import { actorsOf } from './actor-chain.js'
import { claimAt, isTime, textAt, wordsAt } from './claim-path.js'
import { confirmationOf } from './confirmation.js'
import { type CheckedProfile, hasRequired } from './token-profile.js'

/** What the claims of an access token are held against. */
export interface ClaimRules {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly clockToleranceSeconds: number
  readonly profile: CheckedProfile
}

type Claims = Readonly<Record<string, unknown>>

/**
 * Why a JWT access token with these claims is refused; undefined when it holds (RFC 9068 section 4). Every comparison is
 * exact: no prefix, no pattern, no array where a string belongs.
 */
export function claimFault(claims: Claims, rules: ClaimRules, nowMs: number): string | undefined {
  const { profile } = rules
  if (issuerOf(claims) !== rules.issuer) return 'token_issuer_mismatch'
  if (!isFor(claimAt(claims, profile.mapping.audience ?? AUDIENCE), rules.audience)) return 'token_audience_mismatch'
  const timeFault = claims.exp === undefined ? 'token_claim_invalid' : timesFault(claims, rules, nowMs)
  if (timeFault !== undefined) return timeFault
  if (!isText(claimAt(claims, profile.mapping.id ?? SUBJECT))) return 'token_claim_invalid'
  if (!hasRequired(claims, profile.requiredClaims)) return 'token_claim_invalid'
  if (profile.check !== undefined && profile.check(claims) !== true) return 'token_claim_invalid'
  if (actorsOf(claims) === undefined) return 'token_claim_invalid'
  // RFC 9449 section 7.1, RFC 8705 section 3: a token bound to what nobody can ask a proof of proves nothing.
  return confirmationOf(claims) === undefined ? 'token_proof_missing' : undefined
}

/**
 * Why `exp`, `nbf` and `iat` do not hold now, as far as there are any (RFC 7519 section 4.1). By a clock that gives no time
 * none holds.
 */
export function timesFault(
  { exp, nbf, iat }: Claims,
  { clockToleranceSeconds }: Pick<ClaimRules, 'clockToleranceSeconds'>,
  nowMs: number,
): string | undefined {
  const now = nowMs / 1000
  if ([exp, nbf, iat].some((time) => time !== undefined && !isTime(time))) return 'token_claim_invalid'
  if (exp !== undefined && !(now < (exp as number) + clockToleranceSeconds)) return 'token_expired'
  for (const time of [nbf, iat] as readonly (number | undefined)[]) {
    if (time !== undefined && !(time - clockToleranceSeconds <= now)) return 'token_not_yet_valid'
  }
  return undefined
}

/** Whether `aud` names one of `audience`, alone or in a list. */
export const isFor = (aud: unknown, audience: readonly string[]): boolean =>
  (Array.isArray(aud) ? aud : [aud]).some((name) => typeof name === 'string' && audience.includes(name))

/**
 * Who vouches: `iss`; where there is none, the trust domain of a SPIFFE ID (JWT-SVID section 3: its issuer is the domain
 * of its subject).
 */
export function issuerOf({ iss, sub }: Claims): unknown {
  if (iss !== undefined || typeof sub !== 'string') return iss
  return claimedTrustDomain(sub)
}

const AUDIENCE = ['aud'] as const
const SUBJECT = ['sub'] as const
const CLIENT = [['client_id']] as const
const TENANT = [['tenant']] as const

/** How the caller proved that it may use the token, and the challenge that asks for a better one. */
export interface Proven {
  readonly proof: Proof
  readonly challenge: Challenge | undefined
}

/** The caller that claims without fault describe. A claim of another type than its definition says counts as absent. */
export function principalOf(
  claims: Claims,
  { issuer, profile: { mapping } }: ClaimRules,
  { proof, challenge }: Proven,
): Principal {
  const id = claimAt(claims, mapping.id ?? SUBJECT) as string
  const client = textAt(claims, mapping.client ?? CLIENT)
  return Object.freeze({
    id,
    issuer,
    client,
    kind: mapping.kind?.(claims) ?? (id === client || parseWorkloadId(id) !== undefined ? 'service' : 'user'),
    scopes: frozenSet(mapping.scopes === undefined ? scopeOf(claims) : wordsAt(claims, mapping.scopes)),
    roles: frozenSet(mapping.roles === undefined ? rolesOf(claims) : wordsAt(claims, mapping.roles)),
    tenant: textAt(claims, mapping.tenant ?? TENANT),
    claims: deepFreeze(claims),
    authentication: authenticationOf(claims),
    proof,
    actors: actorsOf(claims) ?? [],
    ...(challenge !== undefined && { [CHALLENGE]: challenge }),
  })
}

const scopeOf = ({ scope }: Claims): readonly string[] =>
  typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []

const rolesOf = ({ roles }: Claims): readonly string[] => (Array.isArray(roles) ? roles.filter(isText) : [])

function authenticationOf({ acr, amr, auth_time }: Claims): Authentication {
  if (acr === undefined && amr === undefined && auth_time === undefined) return NOT_AUTHENTICATED
  return Object.freeze({
    acr: isText(acr) ? acr : undefined,
    amr: Object.freeze(Array.isArray(amr) ? amr.filter(isText) : []),
    authTime: isTime(auth_time) ? auth_time : undefined,
  })
}
