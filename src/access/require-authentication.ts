import type { RequestContext } from '../context.js'
import { ALLOWED, challenge, type Decision, type Unauthenticated } from '../decision.js'
import type { Guard } from '../guard.js'
import { integerBetween, knownOptions, shown } from '../lib/options.js'
import { isScopeToken } from '../lib/scope-token.js'
import { type Authentication, CHALLENGE, challengeTo, neededPrincipal, type Principal } from '../principal.js'

/** How well, and how lately, a user must have been authenticated. At least one of the first three. */
export interface RequireAuthenticationOptions {
  /**
   * Authentication context classes, the preferred first: any of them will do, compared exactly. 1 to 20 names of at most 200
   * characters, without spaces or quotes. Default: any class will do.
   */
  readonly acr?: string | readonly string[] | undefined
  /** Authentication methods (RFC 8176), all of which must have been used. As many and of the same form. Default: none. */
  readonly amr?: string | readonly string[] | undefined
  /** How long ago the user may have been authenticated, in seconds, 0 to 31 536 000 (a year). Default: any time. */
  readonly maxAgeSeconds?: number | undefined
  /**
   * How far ahead of this service's clock an authentication may be dated, in seconds, 0 to 300. Allows no age beyond
   * `maxAgeSeconds`. Default: 30.
   */
  readonly clockToleranceSeconds?: number | undefined
}

/**
 * Allows a principal that was authenticated well enough and lately enough (RFC 9470). What an issuer does not say is not
 * enough.
 *
 * Denies with 401 `insufficient_user_authentication` under the scheme that the caller used, with `acr_values` where the
 * class is not met and `max_age` where the age is not. Audit codes: `authentication_class_insufficient`,
 * `authentication_method_insufficient`, `authentication_too_old`; of several, the first.
 *
 * @throws TypeError without a requirement, or for an option out of its range.
 */
export function requireAuthentication(options: RequireAuthenticationOptions): Guard<{ readonly principal: Principal }> {
  knownOptions('requireAuthentication()', options, OPTIONS)
  const rules = checkedRules(options)
  const name = `requireAuthentication(${labelOf(rules)})`
  const usual = new Map<string, Unauthenticated>()

  const refuse = (principal: Principal, unmet: Unmet): Unauthenticated => {
    if (principal[CHALLENGE] !== undefined) return denialOf(principal, unmet, rules)
    const kind = `${unmet.acr} ${unmet.amr} ${unmet.age}`
    const known = usual.get(kind) ?? denialOf(principal, unmet, rules)
    usual.set(kind, known)
    return known
  }

  return Object.freeze({
    name,
    about: { room: 'access', requires: { authentication: rules } } as const,
    check: (ctx: RequestContext, facts: { readonly principal: Principal }): Decision => {
      const principal = neededPrincipal(facts, name)
      const unmet = unmetBy(principal.authentication, rules, ctx.nowMs / 1000)
      return unmet.acr || unmet.amr || unmet.age ? refuse(principal, unmet) : ALLOWED
    },
  })
}

const OPTIONS = [
  'acr',
  'amr',
  'maxAgeSeconds',
  'clockToleranceSeconds',
] as const satisfies readonly (keyof RequireAuthenticationOptions)[]

interface Rules {
  readonly acr: readonly string[] | undefined
  readonly amr: readonly string[] | undefined
  readonly maxAgeSeconds: number | undefined
  readonly clockToleranceSeconds: number
}

function checkedRules({ acr, amr, maxAgeSeconds, clockToleranceSeconds = 30 }: RequireAuthenticationOptions): Rules {
  if (acr === undefined && amr === undefined && maxAgeSeconds === undefined) {
    throw new TypeError('requireAuthentication(): give acr, amr or maxAgeSeconds')
  }
  return Object.freeze({
    acr: acr === undefined ? undefined : names('acr', acr),
    amr: amr === undefined ? undefined : names('amr', amr),
    maxAgeSeconds:
      maxAgeSeconds === undefined ? undefined : integerBetween('maxAgeSeconds', maxAgeSeconds, 0, 31_536_000),
    clockToleranceSeconds: integerBetween('clockToleranceSeconds', clockToleranceSeconds, 0, 300),
  })
}

/** RFC 9470 section 3: `acr_values` are apart by spaces, in a quoted string. The characters are those of scope-tokens. */
const MAX_NAME_LENGTH = 200
const MAX_NAMES = 20

function names(option: string, value: string | readonly string[]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || list.length > MAX_NAMES) throw new TypeError(`${option} must hold 1 to ${MAX_NAMES} names`)
  for (const name of list) {
    if (!isScopeToken(name) || name.length > MAX_NAME_LENGTH) {
      throw new TypeError(`${option} must hold names of 1 to 200 characters, no spaces or quotes, got ${shown(name)}`)
    }
  }
  return Object.freeze([...(list as readonly string[])])
}

function labelOf({ acr, amr, maxAgeSeconds }: Rules): string {
  const parts = [acr?.join(' or '), amr?.join(' and '), maxAgeSeconds === undefined ? undefined : `${maxAgeSeconds} s`]
  return parts.filter((part) => part !== undefined).join(', ')
}

interface Unmet {
  readonly acr: boolean
  readonly amr: boolean
  readonly age: boolean
}

function unmetBy({ acr, amr, authTime }: Authentication, rules: Rules, now: number): Unmet {
  return {
    acr: rules.acr !== undefined && !(typeof acr === 'string' && rules.acr.includes(acr)),
    amr: rules.amr !== undefined && !rules.amr.every((method) => Array.isArray(amr) && amr.includes(method)),
    age:
      rules.maxAgeSeconds !== undefined && !isRecent(authTime, now, rules.maxAgeSeconds, rules.clockToleranceSeconds),
  }
}

/** A time that is no number makes both comparisons false. */
const isRecent = (authTime: number | undefined, now: number, maxAge: number, tolerance: number): boolean =>
  typeof authTime === 'number' && now - authTime <= maxAge && authTime - now <= tolerance

function denialOf(principal: Principal, unmet: Unmet, { acr, maxAgeSeconds }: Rules): Unauthenticated {
  const params = {
    error: 'insufficient_user_authentication',
    error_description: descriptionOf(unmet),
    ...(unmet.acr && { acr_values: acr!.join(' ') }),
    ...(unmet.age && { max_age: String(maxAgeSeconds) }),
  }
  return Object.freeze(challenge(codeOf(unmet), challengeTo(principal, params)))
}

function codeOf({ acr, amr }: Unmet): string {
  if (acr) return 'authentication_class_insufficient'
  return amr ? 'authentication_method_insufficient' : 'authentication_too_old'
}

function descriptionOf({ acr, amr, age }: Unmet): string {
  if (acr || amr)
    return age ? 'Stronger and more recent authentication is required' : 'Stronger authentication is required'
  return 'More recent authentication is required'
}
