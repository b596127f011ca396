import type { RawRequest } from '@wardline/test-kit'
import type { AuditEvent, Issue } from 'wardline'
import type { ServiceName } from './services/index.js'

/** A request, as rows and scenarios write it. */
export interface RowRequest extends RawRequest {
  /** Name of the client certificate that it comes with, to a service that ends TLS itself. Default: none. */
  readonly certificate?: string
}

/** One request and what comes of it. */
export interface Row {
  readonly name: string
  /** Default: `front`. */
  readonly service?: ServiceName
  /** `{name}` in a header value or in the target stands for the token of that name. */
  readonly request: RowRequest
  readonly status: number
  /** Code of the denial; absent where the request passed every guard. */
  readonly denied?: string
  /** Exact, a pattern, or `null` for a field that must not be there. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>
  /** `issues` of the problem. */
  readonly issues?: readonly Issue[]
  /** Members of the body, each exactly so. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Members of the audit event; `null` where the server itself refused and no guard was asked. */
  readonly event?: Readonly<Partial<Record<keyof AuditEvent, unknown>>> | null
}

type Rest = Omit<RowRequest, 'method' | 'target'>

export const getting = (target: string, rest: Rest = {}): RowRequest => ({ target, ...rest })

export const posting = (target: string, body: string | Uint8Array, rest: Rest = {}): RowRequest => ({
  method: 'POST',
  target,
  body,
  ...rest,
  headers: rest.headers ?? [['content-type', 'application/json']],
})

/** Headers of a caller that holds the token of that name. */
export const as = (token: string, ...more: NonNullable<RawRequest['headers']>): Pick<RawRequest, 'headers'> => ({
  headers: [['authorization', `Bearer {${token}}`], ...more],
})

export const JSON_TYPE = ['content-type', 'application/json'] as const

/** A body in chunks (RFC 9112 section 7.1). */
export const chunks = (...parts: readonly string[]): string => `${parts.map(chunk).join('')}0\r\n\r\n`

export const chunk = (part: string): string => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`
