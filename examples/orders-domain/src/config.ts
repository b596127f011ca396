import { type Environment, given, listOf, portNumber } from '@wardline/example-service'

/** The service's settings, from the environment. */
export interface OrdersConfig {
  readonly host: string
  readonly port: number
  readonly issuer: string
  readonly jwksUri: string | undefined
  readonly audience: string
  readonly auditLog: string | undefined
  readonly trustedProxies: readonly string[] | undefined
}

/** @throws TypeError naming the variable that is missing or malformed. */
export function ordersConfig(env: Environment): OrdersConfig {
  if (given(env, 'REDIS_URL') !== undefined) {
    throw new TypeError(
      'REDIS_URL is set, but limits live in this process only: a shared store is not part of this version',
    )
  }
  const issuer = given(env, 'ISSUER')
  if (issuer === undefined) throw new TypeError('ISSUER is not set: the URL of the OpenID Connect issuer is needed')
  return {
    host: given(env, 'HOST') ?? '127.0.0.1',
    port: portNumber(given(env, 'PORT') ?? '8080'),
    issuer,
    jwksUri: given(env, 'JWKS_URI'),
    audience: given(env, 'AUDIENCE') ?? 'orders-api',
    auditLog: given(env, 'AUDIT_LOG'),
    trustedProxies: listOf(env, 'TRUST_PROXY'),
  }
}
