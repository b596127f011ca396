import type { TrustedIssuer } from 'wardline'

interface Health {
  readonly status: 200 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: {
    readonly status: 'ok' | 'starting'
    /** How the keys of each issuer are. */
    readonly keys: Readonly<Record<string, string>>
  }
}

/** Well, once one issuer had keys: from then on there are callers that can be told from strangers. */
export function healthOf(issuers: readonly TrustedIssuer[]): Health {
  const states = issuers.map((issuer) => [issuer.issuer, issuer.state().keys] as const)
  const isUp = states.some(([, keys]) => keys !== 'cold')
  return {
    status: isUp ? 200 : 503,
    headers: { 'cache-control': 'no-store', ...(!isUp && { 'retry-after': '1' }) },
    body: { status: isUp ? 'ok' : 'starting', keys: Object.fromEntries(states) },
  }
}
