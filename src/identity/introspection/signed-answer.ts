import { isObject, type JsonObject } from '../../lib/json-value.js'
import { type Issuer, isKey } from '../issuers/trusted-issuer.js'
import type { JwtAlgorithm } from '../keys/algorithms.js'
import { isFor } from '../tokens/access-token.js'
import { isTime } from '../tokens/claim-path.js'
import { compactToken, decodeObject } from '../tokens/compact-token.js'
import { NoAnswer } from './no-answer.js'

/** Media type of a signed answer (RFC 9701 section 10.2). */
export const SIGNED_ANSWER = 'application/token-introspection+jwt'

/** RFC 7515 section 4.1.9: letter case does not count, and `application/` may be there. */
const TYPE = /^(?:application\/)?token-introspection\+jwt$/i

/** Answers are made when they are asked for. */
const MAX_AGE_SECONDS = 60

/**
 * What a signed answer says (RFC 9701 section 5): by a key of the issuer, to this client, a moment ago.
 *
 * @param nowMs - When it was asked for.
 * @throws NoAnswer (rejects) for any other: it says nothing about the token.
 */
export async function signedAnswer(
  text: string,
  issuer: Pick<Issuer, 'rules' | 'signedBy'>,
  clientId: string,
  nowMs: number,
): Promise<JsonObject | undefined> {
  const { rules } = issuer
  const parts = compactToken(text.trim())
  if (typeof parts === 'string') throw refused(parts)
  if (!TYPE.test(parts.typ ?? '')) throw refused('its typ is another')
  if (!rules.algorithms.includes(parts.alg as JwtAlgorithm)) throw refused('its algorithm is not among those allowed')
  const key = await issuer.signedBy(parts, nowMs)
  if (!isKey(key)) throw typeof key === 'string' ? refused(key) : new NoAnswer(key.code, { cause: key.cause })
  const { iss, aud, iat, token_introspection: answer } = decodeObject(parts.payload) ?? {}
  if (iss !== rules.issuer) throw refused('it is of another issuer')
  if (!isFor(aud, [clientId])) throw refused('it is for another client')
  const now = nowMs / 1000
  const isFresh = isTime(iat) && Math.abs(now - iat) <= MAX_AGE_SECONDS + rules.clockToleranceSeconds
  if (!isFresh) throw refused('it is not fresh')
  return isObject(answer) ? answer : undefined
}

const refused = (why: string): NoAnswer => new NoAnswer(`the signed introspection answer is refused: ${why}`)
