import { knownOptions, nonEmptyString } from '../../lib/options.js'
import { type ClientAuthentication, secretText } from './client-authentication.js'

/** A client, and the secret that it shares with the authorization server (RFC 6749 section 2.3.1). */
export interface ClientSecretOptions {
  /** The id by which the authorization server knows this service. */
  readonly clientId: string
  /** Its secret, not empty. No error shows it. */
  readonly clientSecret: string
}

/**
 * `client_secret_basic`: the client's id and secret in the Authorization field (RFC 6749 section 2.3.1), each encoded as
 * in a form before they are joined, so that a colon in one of them moves nothing into the other.
 *
 * @throws TypeError for an option out of its range; the error does not show the secret.
 */
export function clientSecretBasic(options: ClientSecretOptions): ClientAuthentication {
  const { clientId, clientSecret } = checked('clientSecretBasic()', options)
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`
  const headers = Object.freeze({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
  return Object.freeze({ clientId, method: 'client_secret_basic', authenticate: () => ({ headers }) } as const)
}

/**
 * `client_secret_post`: the client's id and secret in the form (RFC 6749 section 2.3.1). For servers that take nothing
 * better.
 *
 * @throws TypeError for an option out of its range; the error does not show the secret.
 */
export function clientSecretPost(options: ClientSecretOptions): ClientAuthentication {
  const { clientId, clientSecret } = checked('clientSecretPost()', options)
  const form = Object.freeze({ client_id: clientId, client_secret: clientSecret })
  return Object.freeze({ clientId, method: 'client_secret_post', authenticate: () => ({ form }) } as const)
}

function checked(where: string, options: ClientSecretOptions): ClientSecretOptions {
  knownOptions(where, options, ['clientId', 'clientSecret'])
  return {
    clientId: nonEmptyString('clientId', options.clientId),
    clientSecret: secretText('clientSecret', options.clientSecret),
  }
}

/** RFC 6749 appendix B. */
const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
