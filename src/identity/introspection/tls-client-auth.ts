import { knownOptions, nonEmptyString } from '../../lib/options.js'
import type { ClientAuthentication } from './client-authentication.js'
import { type MtlsFetchOptions, mtlsFetch } from './mtls-fetch.js'

/** A client, and the certificate that it shows (RFC 8705 section 2). */
export interface TlsClientAuthOptions extends MtlsFetchOptions {
  /** The id by which the authorization server knows this service. */
  readonly clientId: string
}

/**
 * `tls_client_auth`, and `self_signed_tls_client_auth` as well: the connection shows the client's certificate, the form
 * only says which client that is (RFC 8705 section 2).
 *
 * @throws TypeError for an option out of its range; the error does not show the key.
 */
export function tlsClientAuth(options: TlsClientAuthOptions): ClientAuthentication {
  knownOptions('tlsClientAuth()', options, ['clientId', 'cert', 'key', 'ca', 'maxConnections'])
  const { clientId, ...tls } = options
  const form = Object.freeze({ client_id: nonEmptyString('clientId', clientId) })
  return Object.freeze({
    clientId,
    method: 'tls_client_auth',
    authenticate: () => ({ form }),
    fetch: mtlsFetch(tls),
  } as const)
}
