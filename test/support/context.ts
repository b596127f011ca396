import type { BodyRead, HeaderReader, RequestContext, SecurityEvent } from '../../src/index.js'

export interface TestRequest {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly client?: string
  readonly route?: string
  readonly params?: Readonly<Record<string, unknown>>
  /** What a parser of the framework left. */
  readonly parsed?: unknown
  readonly body?: string | Uint8Array | BodyRead
  readonly nowMs?: number
}

/** A context as an adapter would build it, without a server; `events` collects what guards report. */
export function contextFor(
  request: TestRequest = {},
): RequestContext & { readonly events: readonly SecurityEvent[]; readonly replaced: readonly unknown[] } {
  const events: SecurityEvent[] = []
  const replaced: unknown[] = []
  const { headers = [], body = '', client = '203.0.113.7' } = request
  return {
    method: request.method ?? 'GET',
    path: request.path ?? '/',
    query: request.query ?? '',
    headers: headerReader(headers),
    peer: { address: client, encrypted: false, certificate: () => undefined, sentBytes: () => 0 },
    client,
    route: request.route,
    params: request.params ?? {},
    body: {
      parsed: () => request.parsed,
      bytes: async () => (typeof body === 'object' && 'ok' in body ? body : { ok: true, bytes: Buffer.from(body) }),
      replace: (value) => void replaced.push(value),
    },
    nowMs: request.nowMs ?? 1_700_000_000_000,
    report: (event) => void events.push(event),
    onFinished: () => {},
    raw: undefined,
    events,
    replaced,
  }
}

export function headerReader(headers: readonly (readonly [name: string, value: string])[]): HeaderReader {
  const all = (name: string) => headers.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value)
  return {
    all,
    get: (name) => (all(name).length === 0 ? undefined : all(name).join(', ')),
    count: (name) => all(name).length,
  }
}
