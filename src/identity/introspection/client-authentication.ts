import type { MaybePromise } from '../../guard.js'
import { shown } from '../../lib/options.js'
import type { Fetch } from '../fetch-json.js'

/**
 * How this service proves to an authorization server which client it is (RFC 6749 section 2.3). Made by
 * `clientSecretBasic()`, `clientSecretPost()`, `privateKeyJwt()` and `tlsClientAuth()`. Holds its secrets where neither a
 * log nor JSON shows them.
 */
export interface ClientAuthentication {
  /** The id by which the authorization server knows this service. */
  readonly clientId: string
  /** Its name among the token endpoint authentication methods (RFC 7591 section 4.2). */
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth'
  /** What is added to one request. */
  readonly authenticate: (request: AuthenticatedRequest) => MaybePromise<Credentials>
  /** The network to send the request by, where the connection itself is the proof. */
  readonly fetch?: Fetch | undefined
}

/** The request that a client authenticates. */
export interface AuthenticatedRequest {
  /** Of the authorization server that it is sent to. */
  readonly issuer: string
  /** When it is made, by the clock of the service: milliseconds since the epoch. */
  readonly nowMs: number
}

/** What is added to a request to say, and prove, which client sends it. */
export interface Credentials {
  /** Header fields, their names in lower case. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Members of the form that is sent. Default: none. */
  readonly form?: Readonly<Record<string, string>> | undefined
}

export function checkedClientAuth(value: ClientAuthentication): ClientAuthentication {
  if (typeof value?.authenticate === 'function' && typeof value.clientId === 'string') return value
  throw new TypeError(
    `clientAuth must be what clientSecretBasic(), clientSecretPost(), privateKeyJwt() or tlsClientAuth() gives, got ${shown(value)}`,
  )
}

/** A non-empty string. Unlike the other checks of options, the error does not show what it got. */
export function secretText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${name} must be a non-empty string`)
}
