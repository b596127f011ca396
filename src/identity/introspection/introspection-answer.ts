import { isText } from '../../lib/json-value.js'
import { type AcceptedToken, acceptedToken } from '../tokens/accepted-token.js'
import { type ClaimRules, isFor, timesFault } from '../tokens/access-token.js'
import { actorsOf } from '../tokens/actor-chain.js'
import { claimAt, textAt } from '../tokens/claim-path.js'
import { confirmationOf } from '../tokens/confirmation.js'
import { hasRequired, type RequiredClaims } from '../tokens/token-profile.js'
import type { TokenProof } from '../tokens/token-proof.js'

type Members = Readonly<Record<string, unknown>>

export interface AnswerRules extends ClaimRules {
  readonly audienceOptional: boolean
}

/** Members that are text where they are there at all (RFC 7662 section 2.2). */
const TEXTS = ['iss', 'sub', 'client_id', 'username', 'jti', 'scope', 'token_type'] as const

/**
 * Why a token that its issuer answers this about is refused; undefined when it holds (RFC 7662 section 2.2). What a JWT
 * access token must say (RFC 9068) an answer need not.
 */
export function answerFault(answer: Members, rules: AnswerRules, nowMs: number): string | undefined {
  if (answer.active === false) return 'token_inactive'
  if (answer.active !== true || TEXTS.some((name) => !isOptionalText(answer[name]))) return 'token_claim_invalid'
  if (answer.iss !== undefined && answer.iss !== rules.issuer) return 'token_issuer_mismatch'
  const fault = audienceFault(answer, rules) ?? timesFault(answer, rules, nowMs)
  if (fault !== undefined) return fault
  // RFC 9449 section 7.1, RFC 8705 section 3: a token bound to what nobody can ask a proof of proves nothing.
  const confirmation = confirmationOf(answer)
  if (confirmation === undefined) return 'token_proof_missing'
  if (!isAccessToken(answer, confirmation.jkt !== undefined)) return 'token_type_refused'
  const { requiredClaims, check } = rules.profile
  if (idPath(answer, rules) === undefined) return 'token_claim_invalid'
  if (!hasRequired(answer, askedOf(requiredClaims))) return 'token_claim_invalid'
  if (check !== undefined && check(answer) !== true) return 'token_claim_invalid'
  return actorsOf(answer) === undefined ? 'token_claim_invalid' : undefined
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string'

function audienceFault(answer: Members, { profile, audience, audienceOptional }: AnswerRules): string | undefined {
  const named = claimAt(answer, profile.mapping.audience ?? ['aud'])
  if (named !== undefined) {
    const names = Array.isArray(named) ? named : [named]
    if (!names.every((name) => typeof name === 'string')) return 'token_claim_invalid'
    return isFor(names, audience) ? undefined : 'token_audience_mismatch'
  }
  if (!audienceOptional) return 'token_audience_missing'
  // Servers that answer about refresh tokens as well name neither an audience nor a type for those.
  return answer.token_type === undefined ? 'token_type_refused' : undefined
}

/**
 * Whether nothing says that it is another kind of token: one endpoint answers about refresh tokens too. A type that is
 * said must be that of the binding (RFC 9449 section 6.2). `token_use` and `typ` are what some products say.
 */
function isAccessToken({ token_type, token_use, typ }: Members, isBoundToKey: boolean): boolean {
  if (token_type !== undefined && (token_type as string).toLowerCase() !== (isBoundToKey ? 'dpop' : 'bearer'))
    return false
  if (token_use !== undefined && token_use !== 'access_token' && token_use !== 'access') return false
  return typ === undefined || (typeof typ === 'string' && !OTHER_TYPES.test(typ))
}

const OTHER_TYPES = /^(?:refresh|offline|id|logout)$/i

/** What RFC 9068 requires of a JWT is optional in an answer; what else was asked for is asked for. */
const askedOf = (required: RequiredClaims): RequiredClaims =>
  Object.fromEntries(Object.entries(required).filter(([name, wanted]) => wanted !== true || !OF_JWTS.includes(name)))

const OF_JWTS: readonly string[] = ['client_id', 'jti', 'iat']

/**
 * Where the id of the principal stands. A client that acts for itself may have no `sub`; with a `username` beside it, it
 * acts for somebody, who must not be taken for the client.
 */
function idPath(answer: Members, { profile: { mapping } }: ClaimRules) {
  const own = mapping.id ?? SUBJECT
  const id = claimAt(answer, own)
  if (id !== undefined) return isText(id) ? own : undefined
  if (mapping.id !== undefined || answer.username !== undefined) return undefined
  return (mapping.client ?? CLIENT).find((path) => textAt(answer, [path]) !== undefined)
}

const SUBJECT = ['sub'] as const
const CLIENT = [['client_id']] as const

/** What is accepted about a token with an answer that `answerFault` has found without fault. */
export function acceptedAnswer(
  token: string,
  answer: Members,
  rules: AnswerRules,
  proofs: readonly TokenProof[],
  nowMs: number,
): AcceptedToken {
  const { profile } = rules
  const mapping = { ...profile.mapping, id: idPath(answer, rules)! }
  return acceptedToken(token, answer, { ...rules, profile: { ...profile, mapping } }, proofs, nowMs, undefined)
}
