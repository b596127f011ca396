import type { RequestContext } from '../context.js'
import { ALLOWED, type Decision, type Forbidden, forbid } from '../decision.js'
import type { Guard } from '../guard.js'
import { boolean, knownOptions } from '../lib/options.js'
import { exactOrigins } from './origin.js'

/** Whose pages may make a browser change something. */
export interface SameOriginOptions {
  /** The service's own origins, as browsers write them, such as `https://shop.example.com`. */
  readonly self: string | readonly string[]
  /** Other origins whose pages may, as browsers write them. Default: none. */
  readonly origins?: string | readonly string[] | undefined
  /** Whether pages of all hosts of the same site may: those of `www.` and of every other subdomain. Default: false. */
  readonly allowSameSite?: boolean | undefined
}

/**
 * Refuses what pages of other sites make a browser send (CSRF), without tokens: by `Sec-Fetch-Site`, or where a browser sends
 * none, by `Origin`. GET, HEAD and OPTIONS go on, since they change nothing (RFC 9110 section 9.2.1), and so do requests
 * with neither field, which no browser of our time sends.
 *
 * Denies with 403 `cross_site_request`, told as `malicious_csrf`.
 *
 * @throws TypeError for an origin that no browser sends.
 */
export function sameOrigin(options: SameOriginOptions): Guard {
  knownOptions('sameOrigin()', options, ['self', 'origins', 'allowSameSite'])
  const { self, origins, allowSameSite = false } = options
  const trusted: ReadonlySet<string> = new Set(origins === undefined ? [] : exactOrigins('origins', origins))
  const known: ReadonlySet<string> = new Set([...exactOrigins('self', self), ...trusted])
  const sameSiteMay = boolean('allowSameSite', allowSameSite)

  return Object.freeze({
    name: 'sameOrigin',
    about: { room: 'edge' } as const,
    check: ({ method, headers }: RequestContext): Decision => {
      if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return ALLOWED
      const origin = headers.get('origin')
      switch (headers.get('sec-fetch-site')) {
        case undefined:
          return origin === undefined || known.has(origin) ? ALLOWED : REFUSED
        case 'same-origin':
        case 'none':
          return ALLOWED
        case 'same-site':
          return sameSiteMay || isIn(trusted, origin) ? ALLOWED : REFUSED
        case 'cross-site':
          return isIn(trusted, origin) ? ALLOWED : REFUSED
        default: // a value of no browser, or several of them
          return REFUSED
      }
    },
  })
}

const isIn = (origins: ReadonlySet<string>, origin: string | undefined): boolean =>
  origin !== undefined && origins.has(origin)

const REFUSED: Forbidden = Object.freeze({
  ...forbid('cross_site_request', 'This request was made by a page of another site.'),
  event: 'malicious_csrf',
})
