import type { Guard, Principal } from 'wardline'
import type { Call, Reply, Route } from './service.js'

/** A guard that may need whatever the guards before it gave; the tables are not where types are tested. */
type Step = Guard<never, object>

const routeBy =
  (method: Route['method']) =>
  (pattern: string, steps: readonly Step[] = [], handle: Route['handle'] = echo): Route => ({
    method,
    pattern,
    steps: steps as readonly Guard<object, object>[],
    handle,
  })

export const get = routeBy('get')
export const post = routeBy('post')
export const put = routeBy('put')
export const remove = routeBy('delete')

/** Answers with what the handler found: facts by name, `params`, and `body` where the framework has one. */
const echo = ({ facts, params, body }: Call): Reply => ({ status: 200, body: { ...shown(facts), params, body } })

/** A principal's sets as arrays: JSON has none. */
function shown(facts: object): object {
  const { principal } = facts as { readonly principal?: Principal }
  if (principal === undefined) return facts
  const { id, client, tenant, scopes, roles } = principal
  return { ...facts, principal: { id, client, tenant, scopes: [...scopes], roles: [...roles] } }
}
