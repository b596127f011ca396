import type { Decision, Guard, HeaderList, Principal, RequestContext } from '../../src/index.js'
import { allow, challenge, decide, definePrincipal } from '../../src/index.js'

/** A guard that always gives `answer`, whatever it is. */
export const answering = (name: string, answer: unknown): Guard<object, object> => ({
  name,
  check: () => answer as Decision<object>,
})

/** A guard that allows with `facts`. */
export const giving = <F extends object>(name: string, facts: F, headers?: HeaderList): Guard<object, F> => ({
  name,
  check: () => allow(facts, headers),
})

/** The same guard, with its answer in a promise. */
export const later = <N extends object, G extends object>(guard: Guard<N, G>): Guard<N, G> => ({
  ...guard,
  check: async (ctx, facts) => guard.check(ctx, facts),
})

/** 401 with one Bearer challenge. */
export const stranger = (code = 'token_missing', realm = 'orders') =>
  challenge(code, { scheme: 'Bearer', params: { realm } })

export const principal = (id = 'alice', roles: readonly string[] = []): Principal =>
  definePrincipal({ id, issuer: 'https://idp.example', roles: new Set(roles) })

/** The answer that holds, by the clock of the context. */
export const decideNow = (guard: Guard<never, object>, ctx: RequestContext) =>
  decide(guard as Guard<object, object>, ctx)
