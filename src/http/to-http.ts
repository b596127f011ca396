import type { Denial, HeaderList } from '../decision.js'
import { mergeFields } from '../lib/header-fields.js'
import { challengesOf } from './challenge.js'
import { problemOf } from './problem.js'
import { statusOf } from './status.js'

/** A denial, ready to be sent. */
export interface HttpDenial {
  /** HTTP status. */
  readonly status: number
  /** Lower-case names, each once; `undefined` removes what the framework set. */
  readonly headers: HeaderList
  /** RFC 9457 problem details. */
  readonly body: string
}

/** Renders a denial for HTTP: status, challenge and retry fields, problem details. Never cached. */
export function toHttp(denial: Denial, instance?: string): HttpDenial {
  const challenges = challengesOf(denial)
  const retryAfterSeconds = 'retryAfterSeconds' in denial ? denial.retryAfterSeconds : undefined
  return {
    status: statusOf(denial),
    headers: mergeFields([
      ...(denial.headers ?? []),
      ['content-type', 'application/problem+json'],
      ['cache-control', 'no-store'],
      ...(challenges === undefined ? [] : [['www-authenticate', challenges] as const]),
      ...(retryAfterSeconds === undefined ? [] : [['retry-after', wholeSeconds(retryAfterSeconds)] as const]),
    ]),
    body: JSON.stringify(problemOf(denial, instance)),
  }
}

/** RFC 9110 section 10.2.3, delay-seconds; at least one, since zero asks for a retry at once. */
const wholeSeconds = (value: number): string => String(Math.max(1, Math.ceil(value) || 1))
