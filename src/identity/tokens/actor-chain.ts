import { isObject, isText, type JsonObject } from '../../lib/json-value.js'
import type { Actor } from '../../principal.js'

/** Longer chains of delegation than anybody has; each is a link that a reader of the audit trail must follow. */
const MAX_ACTORS = 8

const NOBODY: readonly Actor[] = Object.freeze([])

/** Who acts for the subject, the latest first (RFC 8693 section 4.1); undefined for a malformed chain. */
export function actorsOf(claims: JsonObject): readonly Actor[] | undefined {
  if (claims.act === undefined) return NOBODY
  const actors: Actor[] = []
  for (let act: unknown = claims.act; act !== undefined; act = (act as JsonObject).act) {
    if (!isObject(act) || actors.length === MAX_ACTORS) return undefined
    const { sub, iss, client_id } = act
    const id = sub ?? client_id
    if (!isText(id) || (iss !== undefined && !isText(iss))) return undefined
    actors.push(Object.freeze({ id, issuer: iss }))
  }
  return Object.freeze(actors)
}
