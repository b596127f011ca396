import { isIP } from 'node:net'
import type { HeaderReader, RequestContext } from '../context.js'
import { ALLOWED, type Decision, type Invalid, invalid } from '../decision.js'
import type { Guard } from '../guard.js'
import { nonEmptyStrings, shown } from '../lib/options.js'

/**
 * Only requests to these hosts are served: against DNS rebinding, and against what a made-up `Host` makes of links, caches
 * and routes. A host is compared letter by letter, in lower case, with its port where it has one; `*.example.com` is one
 * label in front of `example.com`. An address is a host only where it is named, such as `127.0.0.1:3000` or `[::1]`.
 *
 * Denies with 421 `host_refused` (RFC 9110 section 15.5.20), or with 400 `host_invalid` where there is no host, several, or
 * what is none (RFC 9112 section 3.2).
 *
 * @throws TypeError for none, and for what is not a host as browsers write it.
 */
export function allowHosts(...hosts: readonly [string, ...string[]]): Guard {
  const named = nonEmptyStrings('allowHosts()', hosts)
  for (const host of named) assertHost(host)
  const exact: ReadonlySet<string> = new Set(named.filter((host) => !host.startsWith('*')))
  const parents: ReadonlySet<string> = new Set(
    named.filter((host) => host.startsWith('*')).map((host) => host.slice(1)), // with the dot
  )
  const isNamed = (host: string): boolean => {
    const dot = host.indexOf('.')
    return exact.has(host) || (dot > 0 && parents.has(host.slice(dot)))
  }

  return Object.freeze({
    name: 'allowHosts',
    about: { room: 'edge', requires: { anyHost: named } } as const,
    check: ({ headers, path }: RequestContext): Decision => {
      const host = hostOf(headers, path)
      if (host === undefined) return HOST_INVALID
      return isNamed(host) ? ALLOWED : HOST_REFUSED
    },
  })
}

/** RFC 9110 section 7.2, without a port that is empty and characters that no name in use has. */
const HOST = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::\d{1,5})?$/

/** The host that the request is for, in lower case; undefined where it says none, or more than one. */
function hostOf(headers: HeaderReader, path: string): string | undefined {
  // RFC 9112 section 3.2.2: an absolute target brings a host of its own, which would count in place of the field's
  if (!path.startsWith('/') && path !== '*') return undefined
  const host = headers.get('host')?.toLowerCase()
  const authority = headers.get(':authority')?.toLowerCase()
  if (host !== undefined && authority !== undefined && host !== authority) return undefined // RFC 9113 section 8.3.1
  const only = authority ?? host
  return only !== undefined && HOST.test(only) ? only : undefined
}

const ENTRY = /^(\*\.)?([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?$/

function assertHost(entry: string): void {
  const [, wildcard, name = '', port = '1'] = ENTRY.exec(entry) ?? []
  const isName = URL.canParse(`http://${name}`) && new URL(`http://${name}`).hostname === name && !name.endsWith('.')
  const isDomain = name.includes('.') && isIP(name) === 0
  if (isName && (wildcard === undefined || isDomain) && Number(port) <= 65_535) return
  throw new TypeError(
    `allowHosts(): ${shown(entry)} is not a host such as "api.example.com", "*.example.com" or "[::1]:3000"`,
  )
}

const HOST_INVALID: Invalid = Object.freeze(invalid('host_invalid', 'The request must say one host.'))
const HOST_REFUSED: Invalid = Object.freeze(invalid('host_refused', 'This host is not served here.', { status: 421 }))
