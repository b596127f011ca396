import type { RequestContext } from '../context.js'
import { ALLOWED, type Challenge, type Decision, type Denial, forbid } from '../decision.js'
import type { Guard } from '../guard.js'
import { shown } from '../lib/options.js'
import { isScopeToken } from '../lib/scope-token.js'
import { CHALLENGE, challengeTo, neededPrincipal, type Principal } from '../principal.js'

/**
 * Allows a principal whose token carries every one of `scopes`, compared exactly. Denies with 403 `scope_missing` and
 * the challenge `insufficient_scope` that names them (RFC 6750 section 3.1).
 *
 * @throws TypeError for no scope, or one that is not a scope-token.
 */
export function requireScope(...scopes: readonly [string, ...string[]]): Guard<{ readonly principal: Principal }> {
  if (scopes.length === 0) throw new TypeError('requireScope(): expected at least one scope')
  for (const scope of scopes) {
    if (!isScopeToken(scope)) throw new TypeError(`requireScope(): ${shown(scope)} is not a scope`)
  }
  const scope = scopes.join(' ')
  const params = { error: 'insufficient_scope', scope }
  const denialOf = (...challenges: readonly Challenge[]): Denial =>
    Object.freeze({ ...forbid('scope_missing', `Requires scope ${scope}.`), challenges })
  const usual = denialOf({ scheme: 'Bearer', params })
  const name = `requireScope(${scope})`
  return Object.freeze({
    name,
    about: { room: 'access', requires: { allScopes: scopes } } as const,
    check: (_ctx: RequestContext, facts: { readonly principal: Principal }): Decision => {
      const principal = neededPrincipal(facts, name)
      for (const wanted of scopes) {
        if (principal.scopes.has(wanted)) continue
        return principal[CHALLENGE] === undefined ? usual : denialOf(challengeTo(principal, params))
      }
      return ALLOWED
    },
  })
}
