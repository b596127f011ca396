import { isPromiseLike } from '../lib/maybe-promise.js'
import { nonEmptyStrings, shown } from '../lib/options.js'
import { exactOrigins, isWebOrigin } from './origin.js'

/** Whether pages of `origin`, written as browsers write it, may call. Answers at once; only the literal `true` allows. */
export type OriginRule = (origin: string) => boolean

/**
 * What `grantTo` gives for an origin that may call, made once where the origins are known; undefined for any other.
 *
 * @throws TypeError for origins that no browser sends, and for any origin together with credentials.
 */
export function originRule<Grant>(
  origins: unknown,
  credentials: boolean,
  grantTo: (allowOrigin: string) => Grant,
): (origin: string) => Grant | undefined {
  if (typeof origins === 'function') {
    const rule = askedOnce(origins as OriginRule, credentials)
    return (origin) => (isWebOrigin(origin) && rule(origin) === true ? grantTo(origin) : undefined)
  }
  const list = nonEmptyStrings('origins', origins)
  if (list.includes('*')) {
    if (list.length > 1) throw new TypeError('origins: "*" stands alone, since it allows every page')
    if (credentials) throw new TypeError('origins: "*" with credentials would let any page act as the user')
    const any = grantTo('*')
    return () => any
  }
  const named = list.filter((origin) => origin !== 'null')
  if (credentials && named.length < list.length) {
    throw new TypeError('origins: "null" with credentials would let any page act as the user, from a sandbox')
  }
  if (named.length > 0) exactOrigins('origins', named)
  const grants = new Map(list.map((origin) => [origin, grantTo(origin)]))
  return (origin) => grants.get(origin)
}

/** A name that nobody has (RFC 6761 section 6.4). */
const NOBODY = 'https://nobody.invalid'

/** A rule that lets everybody in, or that never says so at once, is found out before the first request. */
function askedOnce(rule: OriginRule, credentials: boolean): OriginRule {
  let answer: unknown
  try {
    answer = rule(NOBODY)
  } catch {
    return rule // of its service's own state, perhaps, which is not there yet; at a request, an error denies
  }
  if (isPromiseLike(answer)) throw new TypeError('origins must answer at once, got a promise')
  if (credentials && answer === true) {
    throw new TypeError(
      `origins allows ${shown(NOBODY)}: any origin with credentials would let any page act as the user`,
    )
  }
  return rule
}
