import type { RequestContext } from '../context.js'
import { ALLOWED, type Decision, type Invalid, invalid } from '../decision.js'
import type { Guard } from '../guard.js'
import { methodNames } from './names.js'

/**
 * Only these methods are served; HEAD comes with GET. OPTIONS is one like any other: put `cors()` ahead, which answers
 * preflights itself.
 *
 * Denies with 405 `method_refused` and `Allow` (RFC 9110 section 15.5.6).
 *
 * @throws TypeError for none, for one that is not in capitals, and for CONNECT, TRACE and TRACK.
 */
export function allowMethods(...methods: readonly [string, ...string[]]): Guard {
  const served = methodNames('allowMethods()', methods)
  const refused: Invalid = Object.freeze(
    invalid('method_refused', 'This method is not served.', {
      status: 405,
      headers: Object.freeze([['allow', served.join(', ')] as const]),
    }),
  )
  return Object.freeze({
    name: `allowMethods(${methods.join(', ')})`,
    about: { room: 'edge', requires: { anyMethod: served } } as const,
    check: ({ method }: RequestContext): Decision => (served.includes(method) ? ALLOWED : refused),
  })
}
