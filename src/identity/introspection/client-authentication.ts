import type { MaybePromise } from '../../guard.js'
import { shown } from '../../lib/options.js'
import type { Fetch } from '../fetch-json.js'

/**
 * How this service proves to an authorization server which client it is (RFC 6749 section 2.3). Made by
 * `clientSecretBasic()`, `clientSecretPost()`, `privateKeyJwt()` and `tlsClientAuth()`. Holds its secrets where neither a
 * log nor JSON shows them.
 */
export interface ClientAuthentication {
  readonly clientId: string
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth'
  /** What is added to one request. */
  readonly authenticate: (request: AuthenticatedRequest) => MaybePromise<Credentials>
  /** The network to send the request by, where the connection itself is the proof. */
  readonly fetch?: Fetch | undefined
}

export interface AuthenticatedRequest {
  /** Of the authorization server. */
  readonly issuer: string
  readonly nowMs: number
}

export interface Credentials {
  readonly headers?: Readonly<Record<string, string>> | undefined
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
