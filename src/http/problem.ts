import type { Denial, Issue } from '../decision.js'
import { statusOf } from './status.js'

/** Reason phrases of RFC 9110 section 15.5 and 15.6, RFC 6585 section 4: the titles of `about:blank` (RFC 9457 section 4.2.1). */
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** Titles of the registered problem types (draft-ietf-httpapi-ratelimit-headers-11 section 6). */
const REGISTERED = {
  'quota-exceeded': 'Request cannot be satisfied as assigned quota has been exceeded',
  'temporary-reduced-capacity': 'Request cannot be satisfied due to temporary server capacity constraints',
  'abnormal-usage-detected': 'Request not satisfied due to detection of abnormal request pattern',
}

/** Problem details (RFC 9457 section 3). Members that do not apply are left out. */
export interface Problem {
  /** URI of the problem type: `about:blank`, or a registered one. */
  readonly type: string
  /** The reason phrase of the status, or the title of the problem type. */
  readonly title: string
  /** HTTP status of the answer. */
  readonly status: number
  /** What is wrong, for people. */
  readonly detail?: string
  /** URI of this occurrence. */
  readonly instance?: string
  /** The denial's code, where telling it helps an honest caller and nobody else. */
  readonly code?: string
  /** What is wrong with the input, place by place. */
  readonly issues?: readonly Issue[]
  /** Names of the limits that were reached (draft-ietf-httpapi-ratelimit-headers-11 section 6). */
  readonly 'violated-policies'?: readonly string[]
}

/**
 * What the caller may know about `denial`. Why a credential was refused, and why a guard failed, stays in the audit
 * trail: a stranger learns the status and the challenge.
 *
 * @param instance - URI of this occurrence (RFC 9457 section 3.1.5).
 */
export function problemOf(denial: Denial, instance?: string): Problem {
  const status = statusOf(denial)
  return {
    ...typeOf(denial, status),
    status,
    ...(isPublic(denial) && denial.detail !== undefined && { detail: denial.detail }),
    ...(instance !== undefined && { instance }),
    ...(isPublic(denial) && { code: denial.code }),
    ...(denial.kind === 'invalid' && denial.issues.length > 0 && { issues: denial.issues }),
    ...(denial.kind === 'exhausted' && denial.violatedPolicies && { 'violated-policies': denial.violatedPolicies }),
  }
}

function typeOf(denial: Denial, status: number): Pick<Problem, 'type' | 'title'> {
  const name =
    denial.kind === 'exhausted'
      ? (denial.problemType ?? 'quota-exceeded')
      : denial.kind === 'unavailable'
        ? denial.problemType
        : undefined
  if (name === undefined) return { type: 'about:blank', title: TITLES[status] ?? 'Refused' }
  return { type: `https://iana.org/assignments/http-problem-types#${name}`, title: REGISTERED[name] }
}

function isPublic(denial: Denial): boolean {
  switch (denial.kind) {
    case 'forbidden':
      return denial.status !== 404 // a code would tell what is missing from what is hidden
    case 'invalid':
    case 'exhausted':
      return true
    case 'unauthenticated':
    case 'unavailable':
    case 'internal':
      return false
  }
}
