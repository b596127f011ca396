import { type RedisServer, startRedis } from './redis-start.js'
import { until } from './until.js'

/** The server's side of TLS; a certificate for {@link LOOPBACK} suits. */
export interface RedisTls {
  readonly cert: string
  readonly key: string
  /** Who vouches for the server, and for the clients that bring a certificate, PEM. */
  readonly ca: string
  /** Whether clients have to bring one. Default: false. */
  readonly clientCertificates?: boolean
}

export interface RedisServerOptions {
  /** Of the default user; replicas give it to their primary as well. Default: none. */
  readonly password?: string
  /** Whether every write outlives a kill. Default: false. */
  readonly appendOnly?: boolean
  /** `maxmemory`, such as `2mb`: writes beyond fail, unless `config` has another policy. Default: no limit. */
  readonly maxMemory?: string
  /** TLS, and nothing but TLS. */
  readonly tls?: RedisTls
  /** The primary to follow, which has the same password, and TLS where this one has. */
  readonly replicaOf?: { readonly port: number }
  /** Further lines of redis.conf. */
  readonly config?: readonly string[]
}

/**
 * Starts a redis-server without persistence; resolves when it answers and, as a replica, has the primary's data.
 *
 * @throws Error in one line where redis-server is missing, and with the server's log where it does not start.
 */
export async function redisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { password, tls, replicaOf } = options
  const server = await startRedis({
    config: [...basics(options), ...security(options), ...(options.config ?? [])],
    ...(tls && { files: { 'cert.pem': tls.cert, 'key.pem': tls.key, 'ca.pem': tls.ca } }),
    address: { password, tls },
  })
  if (replicaOf === undefined) return server
  try {
    await until('the data of the primary', async () => (await server.cli('INFO', 'replication')).includes(LINKED))
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

const LINKED = 'master_link_status:up'

const basics = ({ appendOnly = false, maxMemory, replicaOf }: RedisServerOptions): readonly string[] => [
  'save ""',
  ...(appendOnly ? ['appendonly yes', 'appendfsync always'] : []),
  ...(maxMemory === undefined ? [] : [`maxmemory ${maxMemory}`]),
  // Else a replica waits five seconds for others that may come.
  'repl-diskless-sync-delay 0',
  ...(replicaOf === undefined ? [] : [`replicaof 127.0.0.1 ${replicaOf.port}`]),
]

function security({ password, tls }: RedisServerOptions): readonly string[] {
  const secret = JSON.stringify(password)
  return [
    ...(password === undefined ? [] : [`requirepass ${secret}`, `masterauth ${secret}`]),
    ...(tls === undefined
      ? []
      : [
          ...['tls-cert-file cert.pem', 'tls-key-file key.pem', 'tls-ca-cert-file ca.pem'],
          ...['tls-replication yes', 'tls-cluster yes'],
          `tls-auth-clients ${tls.clientCertificates ? 'yes' : 'optional'}`,
        ]),
  ]
}
