import { deepFreeze, frozenSet } from '../lib/frozen.js'
import type { Principal } from '../principal.js'

/** What the claims of an access token are held against. */
export interface ClaimRules {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly clockToleranceSeconds: number
}

type Claims = Readonly<Record<string, unknown>>

/**
 * Why a JWT access token with these claims is refused; undefined when it holds (RFC 9068 section 4). Every comparison is
 * exact: no prefix, no pattern, no array where a string belongs.
 */
export function claimFault(claims: Claims, rules: ClaimRules, nowMs: number): string | undefined {
  const now = nowMs / 1000
  const { iss, aud, exp, nbf, iat, cnf } = claims
  if (iss !== rules.issuer) return 'token_issuer_mismatch'
  if (!audiences(aud).some((name) => typeof name === 'string' && rules.audience.includes(name)))
    return 'token_audience_mismatch'
  if (!isTime(exp)) return 'token_claim_invalid'
  if (exp + rules.clockToleranceSeconds <= now) return 'token_expired'
  for (const time of [nbf, iat]) {
    if (time !== undefined && !isTime(time)) return 'token_claim_invalid'
    if (time !== undefined && time - rules.clockToleranceSeconds > now) return 'token_not_yet_valid'
  }
  if (iat === undefined || !['sub', 'client_id', 'jti'].every((name) => isText(claims[name])))
    return 'token_claim_invalid'
  // RFC 9449 section 7.1, RFC 8705 section 3: a bound token proves nothing without its proof.
  if (cnf !== undefined) return 'token_proof_missing'
  return undefined
}

const audiences = (aud: unknown): readonly unknown[] => (Array.isArray(aud) ? aud : [aud])

/** NumericDate (RFC 7519 section 2). */
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** The caller that claims without fault describe. A claim of another type than its definition says counts as absent. */
export function principalOf(claims: Claims): Principal {
  const { sub, iss, client_id, scope, roles, tenant } = claims
  return Object.freeze({
    id: sub as string,
    issuer: iss as string,
    client: client_id as string,
    scopes: frozenSet(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []),
    roles: frozenSet(Array.isArray(roles) ? roles.filter(isText) : []),
    tenant: isText(tenant) ? tenant : undefined,
    claims: deepFreeze(claims),
    proof: 'bearer',
  })
}
