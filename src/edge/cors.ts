import type { RequestContext } from '../context.js'
import { ALLOWED, type Allowance, type Decision, type Forbidden, forbid, type HeaderList } from '../decision.js'
import type { Guard } from '../guard.js'
import { deepFreeze } from '../lib/frozen.js'
import { boolean, integerBetween, knownOptions, oneOf } from '../lib/options.js'
import { fieldNames, methodNames } from './names.js'
import { exactOrigins } from './origin.js'
import { type OriginRule, originRule } from './origin-rule.js'

/** Which pages of other origins may call, and what they may do. */
export interface CorsOptions {
  /**
   * The origins of those pages, as browsers write them, such as `https://app.example.com` or `capacitor://localhost`; `'null'`
   * among them for sandboxed pages. Or `'*'` for all pages. Or a rule that answers at once: only the literal `true` allows, and it is never asked
   * about `null`. With `credentials` neither `'*'` nor `'null'` nor a rule that allows any origin.
   */
  readonly origins: string | readonly string[] | OriginRule
  /** The service's own origins, whose pages need no leave. Default: none. */
  readonly self?: string | readonly string[] | undefined
  /** Methods that those pages may use; HEAD comes with GET. Default: GET, HEAD and POST. */
  readonly methods?: readonly string[] | undefined
  /** Request fields that those pages may set, beside those that need no leave. Default: none. */
  readonly headers?: readonly string[] | undefined
  /** Response fields that those pages may read, beside those that need no leave. Default: none. */
  readonly exposedHeaders?: readonly string[] | undefined
  /** Whether cookies, client certificates and stored passwords may come along. Default: false. */
  readonly credentials?: boolean | undefined
  /** For how long a browser may remember the answer to a preflight, in seconds, 0 to 86400. Default: 600. */
  readonly maxAgeSeconds?: number | undefined
  /**
   * What becomes of a request from an origin that may not call, other than a preflight: `deny` answers 403; `withhold` lets
   * it go on, and the browser keeps the answer from the page. Default: `deny`.
   */
  readonly onRefused?: 'deny' | 'withhold' | undefined
}

/**
 * The CORS protocol (Fetch standard, section 3.3). Answers preflights itself, ahead of all guards behind it, and says with
 * every other answer which origin may read it. Requests without `Origin` go on, and so do those of the service's own pages.
 *
 * Denies with 403 `origin_refused`, told as `malicious_cors`, `cors_method_refused` or `cors_header_refused`.
 *
 * @throws TypeError for an origin, method or field name that no browser sends, and for credentials to any origin.
 */
export function cors(options: CorsOptions): Guard {
  knownOptions('cors()', options, KNOWN)
  const { self, credentials = false, maxAgeSeconds = 600, onRefused = 'deny' } = options
  const own = new Set(self === undefined ? [] : exactOrigins('self', self))
  const methods = methodNames('methods', options.methods ?? ['GET', 'POST'])
  const headers = fieldNames('headers', options.headers)
  const grantTo = granting(options, methods, headers, integerBetween('maxAgeSeconds', maxAgeSeconds, 0, 86_400))
  const granted = originRule(options.origins, boolean('credentials', credentials), grantTo)
  const foreign = oneOf('onRefused', onRefused, ['deny', 'withhold']) === 'deny' ? ORIGIN_REFUSED : UNTOUCHED

  const preflight = ({ headers: fields }: RequestContext, origin: string, method: string): Decision => {
    const grant = granted(origin)
    if (grant === undefined) return PREFLIGHT_ORIGIN_REFUSED
    if (!methods.includes(method)) return PREFLIGHT_METHOD_REFUSED
    return areListed(fields.get('access-control-request-headers'), headers) ? grant.preflight : PREFLIGHT_HEADER_REFUSED
  }

  return Object.freeze({
    name: 'cors',
    about: { room: 'edge' } as const,
    check: (ctx: RequestContext): Decision => {
      const origin = ctx.headers.get('origin')
      if (origin === undefined) return UNTOUCHED
      const asked = ctx.method === 'OPTIONS' ? ctx.headers.get('access-control-request-method') : undefined
      if (asked !== undefined) return preflight(ctx, origin, asked)
      if (own.has(origin) || ctx.headers.get('sec-fetch-site') === 'same-origin') return UNTOUCHED
      const grant = granted(origin)
      if (grant === undefined) return foreign
      // a form or a script may POST without a preflight: the list of methods is none unless it is kept here as well
      return ctx.method === 'OPTIONS' || methods.includes(ctx.method) ? grant.actual : grant.methodRefused
    },
  })
}

const KNOWN: readonly (keyof CorsOptions)[] = [
  'origins',
  'self',
  'methods',
  'headers',
  'exposedHeaders',
  'credentials',
  'maxAgeSeconds',
  'onRefused',
]

/** What is answered to one origin that may call. */
interface Grant {
  readonly preflight: Allowance
  readonly actual: Allowance
  readonly methodRefused: Forbidden
}

function granting(
  { credentials, exposedHeaders }: CorsOptions,
  methods: readonly string[],
  headers: ReadonlySet<string>,
  maxAgeSeconds: number,
): (origin: string) => Grant {
  const leave: HeaderList = [
    ['access-control-allow-methods', methods.join(', ')],
    ...listed('access-control-allow-headers', headers),
    ['access-control-max-age', String(maxAgeSeconds)],
  ]
  const exposed = listed('access-control-expose-headers', fieldNames('exposedHeaders', exposedHeaders))
  const withCredentials: HeaderList = credentials === true ? [['access-control-allow-credentials', 'true']] : []
  return (origin) => {
    const granted: HeaderList = [['access-control-allow-origin', origin], ...withCredentials]
    const readable: HeaderList = [VARY, ...granted, ...exposed]
    return deepFreeze({
      preflight: { ...ALLOWED, headers: [PREFLIGHT_VARY, ...granted, ...leave], reply: NO_CONTENT },
      actual: { ...ALLOWED, headers: readable },
      methodRefused: { ...METHOD_REFUSED, headers: readable },
    })
  }
}

const listed = (name: string, values: ReadonlySet<string>): HeaderList =>
  values.size === 0 ? [] : [[name, [...values].join(', ')]]

/** A list of names (RFC 9110 section 5.6.1), all of which are in `known`. */
const areListed = (text: string | undefined, known: ReadonlySet<string>): boolean =>
  text === undefined ||
  text.split(',').every((element) => {
    const name = element.trim().toLowerCase()
    return name === '' || known.has(name)
  })

/** Fetch standard, section "CORS protocol and HTTP caches": also where no origin, or another, was answered. */
const VARY = ['vary', 'Origin'] as const
const PREFLIGHT_VARY = ['vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'] as const

const NO_CONTENT = { status: 204, headers: [], body: '' } as const
const UNTOUCHED: Allowance = deepFreeze({ ...ALLOWED, headers: [VARY] })

const METHOD_REFUSED = forbid('cors_method_refused', 'Pages of other origins may not use this method.')
const HEADER_REFUSED = forbid('cors_header_refused', 'Pages of other origins may not set one of these fields.')
const FOREIGN: Forbidden = {
  ...forbid('origin_refused', 'Pages of this origin may not call this service.'),
  event: 'malicious_cors',
}

const ORIGIN_REFUSED: Forbidden = deepFreeze({ ...FOREIGN, headers: [VARY] })
const PREFLIGHT_ORIGIN_REFUSED: Forbidden = deepFreeze({ ...FOREIGN, headers: [PREFLIGHT_VARY] })
const PREFLIGHT_METHOD_REFUSED: Forbidden = deepFreeze({ ...METHOD_REFUSED, headers: [PREFLIGHT_VARY] })
const PREFLIGHT_HEADER_REFUSED: Forbidden = deepFreeze({ ...HEADER_REFUSED, headers: [PREFLIGHT_VARY] })
