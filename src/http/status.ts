import type { Denial, DenialKind } from '../decision.js'

const STATUS: Readonly<Record<DenialKind, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  invalid: 400,
  exhausted: 429,
  unavailable: 503,
  internal: 500,
}

/** The HTTP status of a denial (RFC 9110 section 15). */
export const statusOf = (denial: Denial): number => ('status' in denial && denial.status) || STATUS[denial.kind]
