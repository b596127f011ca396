import type { RequestContext } from '../context.js'
import { ALLOWED, type Decision, type Forbidden, forbid } from '../decision.js'
import type { Guard } from '../guard.js'
import { nonEmptyStrings } from '../lib/options.js'
import { neededPrincipal, type Principal } from '../principal.js'

/**
 * Allows a principal that holds at least one of `roles`, compared exactly. Denies with 403 `role_missing`.
 *
 * @throws TypeError for no role, or an empty one.
 */
export function requireRole(...roles: readonly [string, ...string[]]): Guard<{ readonly principal: Principal }> {
  const wanted = nonEmptyStrings('requireRole(): roles', roles)
  const label = wanted.join(' or ')
  const denial: Forbidden = Object.freeze(forbid('role_missing', `Requires role ${label}.`))
  const name = `requireRole(${label})`
  return Object.freeze({
    name,
    about: { room: 'access', requires: { anyRole: wanted } } as const,
    check: (_ctx: RequestContext, facts: { readonly principal: Principal }): Decision => {
      const held = neededPrincipal(facts, name).roles
      for (const role of wanted) if (held.has(role)) return ALLOWED
      return denial
    },
  })
}
