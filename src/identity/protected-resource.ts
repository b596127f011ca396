import type { NoFacts, RequestContext } from '../context.js'
import { allow, type Decision, type Denial, invalid } from '../decision.js'
import type { Guard } from '../guard.js'
import { deepFreeze } from '../lib/frozen.js'
import { boolean, integerBetween, knownOptions, nonEmptyString, nonEmptyStrings, shown } from '../lib/options.js'
import { isScopeToken } from '../lib/scope-token.js'
import type { ReplyFacts } from '../reply.js'
import type { ResourceIdentity } from '../service.js'
import { isSecureUrl } from './fetch-json.js'
import { checkedAlgorithms, type JwtAlgorithm } from './keys/algorithms.js'

/** What a service says of itself (RFC 9728 section 2). What is not given is not said. */
export interface ProtectedResourceOptions {
  /**
   * The identifier of this service, by which clients ask for tokens (RFC 8707): the `https` URL where callers reach it,
   * or `http` on loopback while developing; without query or fragment, in normal form. Told exactly as given.
   */
  readonly resource: string
  /** Issuers whose tokens are taken here, each as its `iss` says; one or several. */
  readonly authorizationServers: string | readonly string[]
  /** Scopes that a client may want to ask for. */
  readonly scopes?: readonly string[] | undefined
  /** Signature algorithms of DPoP proofs; those of `dpop()`. */
  readonly dpopAlgorithms?: readonly JwtAlgorithm[] | undefined
  /** Whether every token must be bound to a DPoP key. Default: false. */
  readonly dpopBound?: boolean | undefined
  /** Whether tokens bound to a client certificate are taken (RFC 8705 section 3). Default: false. */
  readonly tlsClientCertificateBound?: boolean | undefined
  /** A name to show to people. */
  readonly resourceName?: string | undefined
  /** URL of a page for developers. */
  readonly documentation?: string | undefined
  /** URL of a page on how clients may use the data. */
  readonly policyUri?: string | undefined
  /** URL of the terms of service. */
  readonly tosUri?: string | undefined
  /** URL of this service's own keys, with which it signs what it answers. */
  readonly jwksUri?: string | undefined
  /** Members beside these, such as names in other languages (`resource_name#de`); JSON values. */
  readonly more?: Readonly<Record<string, unknown>> | undefined
  /** For how long the document may be kept by whoever got it, in seconds, 0 to 86 400. Default: 3600. */
  readonly maxAgeSeconds?: number | undefined
}

/**
 * What a service says of itself: the answer at `path`, and the `resource` of `createGuard()`, whose challenges then say
 * where it is.
 */
export interface ProtectedResource extends Guard<NoFacts, ReplyFacts>, ResourceIdentity {
  /** Where to mount it: the well-known path, with that of the resource behind it (RFC 9728 section 3.1). */
  readonly path: string
  /** The URL of `path`, from the configured resource and never from a request's `Host`. */
  readonly metadataUrl: string
  /** The document. Frozen. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * The metadata of this service as a protected resource (RFC 9728): which authorization servers to get a token from,
 * which scopes there are, how tokens are to be bound. Made once, from configuration; empty members are left out.
 * Public: any origin may read it.
 *
 * Gives the fact `reply`. Denies with 405 for anything but GET and HEAD.
 *
 * @throws TypeError for an option out of its range.
 */
export function protectedResource(options: ProtectedResourceOptions): ProtectedResource {
  knownOptions('protectedResource()', options, OPTIONS)
  const { origin, path: own } = resourceUrl(options.resource)
  const metadata = deepFreeze(documentOf(options))
  const path = `${WELL_KNOWN}${own}`
  const maxAgeSeconds = integerBetween('maxAgeSeconds', options.maxAgeSeconds ?? 3600, 0, 86_400)
  const reply = deepFreeze({
    status: 200,
    headers: [
      ['content-type', 'application/json'],
      ['cache-control', `public, max-age=${maxAgeSeconds}`],
      ['access-control-allow-origin', '*'],
    ] as const,
    body: JSON.stringify(metadata),
  })
  const answer = Object.freeze(allow(Object.freeze({ reply })))
  return Object.freeze({
    name: 'protectedResource',
    about: { room: 'identity', requires: { resource: options.resource } } as const,
    check: ({ method }: RequestContext): Decision<ReplyFacts> =>
      method === 'GET' || method === 'HEAD' ? answer : NOT_GET,
    path,
    metadataUrl: `${origin}${path}`,
    metadata,
  })
}

const OPTIONS = [
  'resource',
  'authorizationServers',
  'scopes',
  'dpopAlgorithms',
  'dpopBound',
  'tlsClientCertificateBound',
  'resourceName',
  'documentation',
  'policyUri',
  'tosUri',
  'jwksUri',
  'more',
  'maxAgeSeconds',
] as const satisfies readonly (keyof ProtectedResourceOptions)[]

/** RFC 9728 section 3. */
const WELL_KNOWN = '/.well-known/oauth-protected-resource'

const NOT_GET: Denial = Object.freeze(
  invalid('method_refused', 'The metadata are read by GET.', { status: 405, headers: [['allow', 'GET, HEAD']] }),
)

/**
 * Clients compare the identifier character by character (RFC 9728 section 3.3), so that one that a URL parser would
 * spell otherwise matches nothing. Its path becomes a route: what a router would take for a pattern is refused.
 */
function resourceUrl(resource: unknown): { readonly origin: string; readonly path: string } {
  if (isSecureUrl(resource)) {
    const { href, origin, pathname } = new URL(resource)
    const isNormal = href === resource || href === `${resource}/`
    if (isNormal && href === `${origin}${pathname}` && PLAIN_PATH.test(pathname)) {
      return { origin, path: pathname === '/' ? '' : pathname } // section 3.1: no slash behind the host alone
    }
  }
  throw new TypeError(
    `resource must be an https URL (http on loopback only) in normal form without query or fragment, got ${shown(resource)}`,
  )
}

/** RFC 3986 section 2.3, unreserved characters. */
const PLAIN_PATH = /^[A-Za-z0-9\-._~/]*$/

/** RFC 9728 section 2; without the members that have nothing to say (section 3.2). */
function documentOf(options: ProtectedResourceOptions): Record<string, unknown> {
  const { authorizationServers, scopes, dpopAlgorithms, dpopBound, tlsClientCertificateBound, resourceName } = options
  const own = {
    resource: options.resource,
    authorization_servers: issuersOf(authorizationServers),
    jwks_uri: url('jwksUri', options.jwksUri),
    scopes_supported: scopesOf(scopes ?? []),
    bearer_methods_supported: ['header'],
    resource_name: resourceName === undefined ? undefined : nonEmptyString('resourceName', resourceName),
    resource_documentation: url('documentation', options.documentation),
    resource_policy_uri: url('policyUri', options.policyUri),
    resource_tos_uri: url('tosUri', options.tosUri),
    tls_client_certificate_bound_access_tokens: flag('tlsClientCertificateBound', tlsClientCertificateBound),
    dpop_signing_alg_values_supported:
      dpopAlgorithms === undefined ? undefined : checkedAlgorithms('dpopAlgorithms', dpopAlgorithms),
    dpop_bound_access_tokens_required: flag('dpopBound', dpopBound),
  }
  return withoutEmpty({ ...own, ...moreOf(options.more ?? {}, Object.keys(own)) })
}

/** An issuer identifier (RFC 8414 section 2). */
function issuersOf(value: unknown): readonly string[] {
  const issuers = nonEmptyStrings('authorizationServers', value)
  const odd = issuers.find((issuer) => !isSecureUrl(issuer) || /[?#]/.test(issuer))
  if (odd === undefined) return issuers
  throw new TypeError(`authorizationServers must hold https URLs without query or fragment, got ${shown(odd)}`)
}

function scopesOf(scopes: unknown): readonly string[] {
  if (!Array.isArray(scopes)) throw new TypeError(`scopes must be a list, got ${shown(scopes)}`)
  const odd = scopes.find((scope) => !isScopeToken(scope))
  if (odd === undefined) return [...new Set<string>(scopes)]
  throw new TypeError(`scopes must hold scope names, got ${shown(odd)}`)
}

function url(name: string, value: unknown): string | undefined {
  if (value === undefined || isSecureUrl(value)) return value
  throw new TypeError(`${name} must be an https URL, got ${shown(value)}`)
}

/** What is not so, is not said: `false` is the default of both members. */
const flag = (name: string, value: unknown): true | undefined =>
  value !== undefined && boolean(name, value) ? true : undefined

function moreOf(more: Readonly<Record<string, unknown>>, own: readonly string[]): Record<string, unknown> {
  knownOptions('more', more, Object.keys(more ?? {}))
  const taken = Object.keys(more).find((name) => own.includes(name))
  if (taken !== undefined) throw new TypeError(`more must not hold ${taken}: it has an option of its own`)
  try {
    return JSON.parse(JSON.stringify(more))
  } catch {
    throw new TypeError('more must hold JSON values only')
  }
}

const withoutEmpty = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  )
