import { isObject, isText, type JsonObject } from '../../lib/json-value.js'
import { isFor, timesFault } from '../tokens/access-token.js'
import { isTime } from '../tokens/claim-path.js'

/** What the claims of a logout token are held against. */
export interface LogoutRules {
  readonly audience: readonly string[]
  readonly clockToleranceSeconds: number
  readonly maxTokenAgeSeconds: number
}

/** What a logout token without fault says. */
export interface LogoutClaims {
  readonly jti: string
  /** In seconds since the epoch, like `exp`. */
  readonly iat: number
  readonly exp: number
  readonly sub: string | undefined
  readonly sid: string | undefined
}

/** Cross-JWT confusion (OpenID Connect Back-Channel Logout 1.0 section 4.1): access tokens have a type of their own. */
export const isLogoutType = (typ: string | undefined): boolean => typ === undefined || LOGOUT_TYPE.test(typ)

/** Letter case does not count, nor does a prefix that may be left out (RFC 7515 section 4.1.9). */
const LOGOUT_TYPE = /^(?:application\/)?(?:logout\+jwt|jwt)$/i

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/**
 * Why a token with these claims is no logout token for us now (OpenID Connect Back-Channel Logout 1.0 section 2.6);
 * undefined when it is one. Its issuer is known and its signature is good.
 */
export function logoutFault(claims: JsonObject, rules: LogoutRules, nowMs: number): string | undefined {
  if (!isFor(claims.aud, rules.audience)) return 'logout_audience_mismatch'
  const { iat, exp, jti } = claims
  if (!isTime(iat) || !isTime(exp)) return 'logout_claim_invalid'
  const timeFault = timesFault(claims, rules, nowMs)
  if (timeFault !== undefined) return logoutCode(timeFault)
  if (!(nowMs / 1000 < iat + rules.maxTokenAgeSeconds + rules.clockToleranceSeconds)) return 'logout_too_old'
  if (!isText(jti) || !isAbsentOrText(claims, 'sub') || !isAbsentOrText(claims, 'sid')) return 'logout_claim_invalid'
  if (!Object.hasOwn(claims, 'sub') && !Object.hasOwn(claims, 'sid')) return 'logout_claim_invalid'
  if (!hasLogoutEvent(claims.events)) return 'logout_event_missing'
  return Object.hasOwn(claims, 'nonce') ? 'logout_nonce_present' : undefined // an ID token may have one
}

/** What is wrong with any token, as what is wrong with a logout token. */
export const logoutCode = (code: string): string => code.replace(/^token_/, 'logout_')

const isAbsentOrText = (claims: JsonObject, name: 'sub' | 'sid'): boolean =>
  !Object.hasOwn(claims, name) || isText(claims[name])

const hasLogoutEvent = (events: unknown): boolean =>
  isObject(events) && Object.hasOwn(events, LOGOUT_EVENT) && isObject(events[LOGOUT_EVENT])
