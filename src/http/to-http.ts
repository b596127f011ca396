import type { Denial, HeaderList } from '../decision.js'
import { challengesOf } from './challenge.js'
import { problemOf } from './problem.js'
import { statusOf } from './status.js'

/** A denial, ready to be sent. */
export interface HttpDenial {
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
    headers: mergeHeaders([
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

/** Fields that are lists: two guards that speak of them are both heard. */
const LIST_FIELDS: ReadonlySet<string> = new Set(['ratelimit', 'ratelimit-policy', 'www-authenticate', 'vary'])

/** Whether two values of the field are one list. */
export const isListField = (name: string): boolean => LIST_FIELDS.has(name.toLowerCase())

/** Two values of a list field as one (RFC 9110 section 5.3). */
export const joinField = (before: string, next: string): string => `${before}, ${next}`

/** Each name once, in lower case: list fields joined, of others the last. */
export function mergeHeaders(list: HeaderList): HeaderList {
  const merged = new Map<string, string | undefined>()
  for (const [name, value] of list) {
    const field = name.toLowerCase()
    const before = merged.get(field)
    const joins = before !== undefined && value !== undefined && isListField(field)
    merged.set(field, joins ? joinField(before, value) : value)
  }
  return [...merged]
}
