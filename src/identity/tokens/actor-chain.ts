import type { Actor } from '../../principal.js'
import { isText } from './claim-path.js'

/** Longer chains of delegation than anybody has; each is a link that a reader of the audit trail must follow. */
const MAX_ACTORS = 8

type Members = Readonly<Record<string, unknown>>

const NOBODY: readonly Actor[] = Object.freeze([])

/** Who acts for the subject, the latest first (RFC 8693 section 4.1); undefined for a malformed chain. */
export function actorsOf(claims: Members): readonly Actor[] | undefined {
  if (claims.act === undefined) return NOBODY
  const actors: Actor[] = []
  for (let act: unknown = claims.act; act !== undefined; act = (act as Members).act) {
    if (typeof act !== 'object' || act === null || Array.isArray(act) || actors.length === MAX_ACTORS) return undefined
    const { sub, iss, client_id } = act as Members
    const id = sub ?? client_id
    if (!isText(id) || (iss !== undefined && !isText(iss))) return undefined
    actors.push(Object.freeze({ id, issuer: iss }))
  }
  return Object.freeze(actors)
}
