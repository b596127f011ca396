import type { NoFacts, RequestContext } from '../context.js'
import { evaluate } from '../evaluate.js'
import { assertGuard, type Guard } from '../guard.js'
import { shown } from '../lib/options.js'
import type { GivesOf, NeedsOfAll } from './alternatives.js'

/**
 * One of several guards, by name: a tier, a kind of caller. Gives what the chosen one gives.
 *
 * A name that is none of them, or a choice that throws, denies as internal. Keep choices to what the service itself knows:
 * one that reads a request header lets the caller choose.
 *
 * @param choice - Says which, at each request.
 * @throws TypeError when `choice` is not a function, or `guards` not an object of guards.
 */
export function choose<const G extends Readonly<Record<string, Guard<never, object>>>, Needs extends object = NoFacts>(
  choice: (ctx: RequestContext, facts: Needs) => keyof G & string,
  guards: G,
): Guard<Needs & NeedsOfAll<G[keyof G]>, GivesOf<G[keyof G]>> {
  if (typeof choice !== 'function') throw new TypeError(`choose(): choice must be a function, got ${typeof choice}`)
  const entries = Object.entries(guards ?? {})
  if (entries.length === 0) throw new TypeError('choose(): expected at least one guard')
  for (const [name, guard] of entries) assertGuard(guard, `choose(): ${name}`)
  const byName = new Map<string, Guard<object, object>>(entries as never)
  return Object.freeze({
    name: `choose(${entries.map(([name]) => name).join(', ')})`,
    about: { combines: 'choose', parts: [...byName.values()] } as const,
    check: (ctx: RequestContext, facts: Needs & NeedsOfAll<G[keyof G]>) => {
      const name = choice(ctx, facts)
      const chosen = byName.get(name)
      if (chosen === undefined)
        throw new TypeError(`choose(): ${shown(name)} is none of ${[...byName.keys()].join(', ')}`)
      return evaluate(chosen, ctx, facts) as ReturnType<Guard<object, GivesOf<G[keyof G]>>['check']>
    },
  })
}
