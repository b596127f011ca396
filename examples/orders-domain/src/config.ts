import { type Environment, given, listOf, portNumber } from '@wardline/example-service'
import { redisUrls } from './redis.js'

/** The service's settings, from the environment. */
export interface OrdersConfig {
  readonly host: string
  readonly port: number
  readonly issuer: string
  readonly jwksUri: string | undefined
  readonly audience: string
  readonly auditLog: string | undefined
  readonly trustedProxies: readonly string[] | undefined
  /** Where limits are shared; undefined: they live in this process. */
  readonly redis: readonly URL[] | undefined
}

/** @throws TypeError naming the variable that is missing or malformed. */
export function ordersConfig(env: Environment): OrdersConfig {
  const redis = given(env, 'REDIS_URL')
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
    redis: redis === undefined ? undefined : redisUrls(redis),
  }
}
