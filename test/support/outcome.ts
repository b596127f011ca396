import { toHttp } from '../../src/http/index.js'
import type { Decision } from '../../src/index.js'
import type { Expected } from '../vectors/expected.js'

/** What the caller and the log are told of a decision, as the cases of `test/vectors` say it. */
export function outcomeOf(decision: Decision): Expected {
  if (decision.allowed) return { allowed: true }
  const error = errorOf(decision)
  const { status } = toHttp(decision)
  return { allowed: false, status, ...(error !== undefined && { error }), code: decision.code }
}

/** Parameters of the challenge that says what is wrong; the others only say what may be used. */
export const challengeOf = (decision: Decision): Readonly<Record<string, string | undefined>> | undefined =>
  'challenges' in decision ? decision.challenges?.find(({ params }) => params?.error !== undefined)?.params : undefined

const errorOf = (decision: Decision): string | undefined => challengeOf(decision)?.error
