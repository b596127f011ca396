import { ALLOWED, type Allowance } from '../decision.js'
import type { Guard } from '../guard.js'
import { knownOptions, oneOf, shown } from '../lib/options.js'

/** Which fields go with every answer. */
export interface ResponseHeadersOptions {
  /** `api`: for services that answer programs, not browsers' address bars. Default: `api`. */
  readonly preset?: 'api' | undefined
  /** Fields to add or change; `false` leaves a field of the preset out. Default: none. */
  readonly set?: Readonly<Record<string, string | false>> | undefined
}

/** After the OWASP REST Security Cheat Sheet, section Security Headers. Handlers may set a field again. */
const API: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** RFC 9110 section 5.1, field-name. */
const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
/** RFC 9110 section 5.5, field-value without obs-text. */
const FIELD_VALUE = /^[\t\x20-\x7e]*$/

/**
 * Sends security headers on every answer, allowed or denied, and removes `x-powered-by`. Put it first in a policy.
 *
 * @throws TypeError for an unknown preset, or a field name or value that HTTP does not allow.
 */
export function responseHeaders(options: ResponseHeadersOptions = {}): Guard {
  knownOptions('responseHeaders()', options, ['preset', 'set'])
  oneOf('preset', options.preset ?? 'api', ['api'])
  const fields = new Map<string, string | undefined>(Object.entries(API))
  fields.set('x-powered-by', undefined)
  for (const [name, value] of Object.entries(options.set ?? {})) {
    if (!FIELD_NAME.test(name)) throw new TypeError(`set: ${shown(name)} is not a field name`)
    if (value === false) fields.delete(name.toLowerCase())
    else if (typeof value === 'string' && FIELD_VALUE.test(value)) fields.set(name.toLowerCase(), value)
    else throw new TypeError(`set: ${shown(value)} is not a value for ${name}`)
  }
  const answer: Allowance = Object.freeze({ ...ALLOWED, headers: Object.freeze([...fields]) })
  return Object.freeze({ name: 'responseHeaders', about: { room: 'edge' } as const, check: () => answer })
}
