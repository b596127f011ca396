import type { RequestContext } from '../context.js'
import { allow, type Decision, type Denial, type Forbidden, forbid } from '../decision.js'
import type { Guard, MaybePromise } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { boolean, callable, knownOptions, nonEmptyString } from '../lib/options.js'
import { neededPrincipal, type Principal } from '../principal.js'
import { attributesOf } from './attributes.js'

/** What a decision is about: who, does what, to what, under which circumstances (NIST SP 800-162 section 2). */
export interface AccessRequest<Resource extends object, Facts extends object> {
  /** Who asks, as a guard ahead established it. */
  readonly principal: Principal
  /** What is being done: the option `action`. */
  readonly action: string
  /** To what: what the option `resource` loaded. */
  readonly resource: Resource
  /** The request itself: method, route, params, client, time. */
  readonly context: RequestContext
  /** Everything that guards ahead established. */
  readonly facts: Facts
}

/** What is being done to what, and who may do it. */
export interface AuthorizeOptions<Resource extends object, Facts extends { readonly principal: Principal }> {
  /** Name of what is being done, such as `orders:delete`; in descriptions and for `decide`. */
  readonly action: string
  /** Loads the resource, an object; undefined when there is none. */
  readonly resource: (ctx: RequestContext, facts: Facts) => MaybePromise<Resource | undefined>
  /**
   * Only `true` allows, and only when no attribute was read that is missing or `null`: two missing tenants are not one
   * tenant. Test an optional attribute with `in` before reading it.
   */
  readonly decide: (request: AccessRequest<Resource, Facts>) => MaybePromise<boolean>
  /** Answer a refused caller as if the resource did not exist: 404 instead of 403. Default: false. */
  readonly hide?: boolean | undefined
}

const NOT_FOUND: Forbidden = Object.freeze({ ...forbid('resource_not_found'), status: 404 })

/**
 * Access by attributes (ABAC) of principal, action, resource and context. Gives the loaded resource to the handler as
 * the fact `resource`.
 *
 * Denies with 404 `resource_not_found`, 403 `access_denied`, or 403 `attribute_unknown` when `decide` rested on an
 * attribute that is not there. With `hide`, every refusal answers 404.
 *
 * @throws TypeError for an option that is missing or of the wrong type.
 */
export function authorize<
  Resource extends object,
  Facts extends { readonly principal: Principal } = { readonly principal: Principal },
>(options: AuthorizeOptions<Resource, Facts>): Guard<Facts, { readonly resource: Resource }> {
  knownOptions('authorize()', options, ['action', 'resource', 'decide', 'hide'])
  const action = nonEmptyString('action', options.action)
  const name = `authorize(${action})`
  const load = callable('resource', options.resource)
  const decide = callable('decide', options.decide)
  const refusals = boolean('hide', options.hide ?? false) ? { status: 404 as const } : {}
  const denied: Denial = Object.freeze({ ...forbid('access_denied'), ...refusals })
  const unknown: Denial = Object.freeze({ ...forbid('attribute_unknown'), ...refusals })

  const ask = (
    resource: Resource,
    context: RequestContext,
    facts: Facts,
  ): MaybePromise<Decision<{ readonly resource: Resource }>> => {
    let missing: string | undefined
    const onUnknown = (attribute: string) => {
      missing ??= attribute
    }
    const request = {
      action,
      context: attributesOf(context, onUnknown),
      facts: attributesOf(facts, onUnknown),
      principal: attributesOf(neededPrincipal(facts, name), onUnknown),
      resource: attributesOf(resource, onUnknown),
    }
    return andThen(decide(request), (answer) => {
      if (missing !== undefined) return { ...unknown, cause: new Error(`no attribute '${missing}'`) }
      return answer === true ? allow({ resource }) : denied
    })
  }

  return Object.freeze({
    name,
    about: { room: 'access', requires: { action } } as const,
    check: (ctx: RequestContext, facts: Facts) =>
      andThen(
        load(ctx, facts),
        (resource): MaybePromise<Decision<{ readonly resource: Resource }>> =>
          isObject(resource) ? ask(resource, ctx, facts) : NOT_FOUND,
      ),
  })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
