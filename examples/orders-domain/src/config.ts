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

type Environment = Readonly<Record<string, string | undefined>>

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
    trustedProxies: given(env, 'TRUST_PROXY')
      ?.split(',')
      .map((range) => range.trim())
      .filter((range) => range !== ''),
  }
}

/** An empty variable is one that is not set. */
const given = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new TypeError(`PORT must be a port number, got ${JSON.stringify(text)}`)
}
