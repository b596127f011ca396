import type { Challenge, Denial } from '../decision.js'

/** RFC 9110 section 5.6.4: what a quoted-string may hold, without obs-text. */
const QUOTABLE = /^[\t\x20-\x7e]*$/

/**
 * A quoted-string (RFC 9110 section 5.6.4).
 *
 * @throws TypeError for characters that would split the header or that need another encoding.
 */
export function quote(value: string): string {
  if (!QUOTABLE.test(value)) throw new TypeError('a quoted-string holds printable ASCII only')
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** The value of `WWW-Authenticate` (RFC 9110 section 11.6.1); undefined when the denial has no challenge. */
export function challengesOf(denial: Denial): string | undefined {
  const challenges = 'challenges' in denial ? (denial.challenges ?? []) : []
  return challenges.length === 0 ? undefined : challenges.map(format).join(', ')
}

function format({ scheme, params = {} }: Challenge): string {
  const list = Object.entries(params).map(([name, value]) => `${name}=${quote(value)}`)
  return list.length === 0 ? scheme : `${scheme} ${list.join(', ')}`
}
