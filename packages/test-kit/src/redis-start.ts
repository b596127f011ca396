import { freePort } from './free-port.js'
import { askRedis, type RedisAddress, replyText } from './redis-ask.js'
import { type RedisProcess, redisProcess } from './redis-process.js'
import type { RedisReply } from './redis-wire.js'
import { until } from './until.js'

/** A real server on a free port of 127.0.0.1. It ends with this process at the latest. */
export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:12345`, with `:password@` where there is one, and `rediss:` for TLS. */
  readonly url: string
  /** Another one after a restart; 0 where none runs. */
  readonly pid: number
  /** Whether it has a process that is not paused. */
  readonly isRunning: boolean
  /** SIGKILL; resolves when it has ended. `restart` brings it back. */
  readonly kill: () => Promise<void>
  /** SIGTERM; resolves when it has ended and its directory is gone. */
  readonly stop: () => Promise<void>
  /** SIGSTOP: the kernel goes on to accept connections, and nothing is answered. */
  readonly pause: () => void
  /** SIGCONT. */
  readonly resume: () => void
  /** Ends it if it runs, and starts it on the same port, with its data where it is `appendOnly` and was not stopped. */
  readonly restart: () => Promise<void>
  /** Sends a command; gives the reply as redis-cli prints it, an item a line. Rejects by an error reply, or after 5 s. */
  readonly cli: (...args: readonly string[]) => Promise<string>
  /** Like `cli`, but the reply is as it came. */
  readonly ask: (...args: readonly string[]) => Promise<RedisReply>
}

/** What a server is started with. */
interface Setup {
  /** The lines of its configuration, but for where it listens. */
  readonly config: readonly string[]
  /** Arguments behind the name of its configuration. */
  readonly args?: readonly string[]
  /** Files beside its configuration, by name. */
  readonly files?: Readonly<Record<string, string>>
  readonly address?: Omit<RedisAddress, 'port'>
}

const ATTEMPTS = 10

/**
 * Starts a server and resolves when it answers.
 *
 * @throws Error with its log where it does not start.
 */
export async function startRedis(setup: Setup): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const address = { ...setup.address, port }
    const listens = address.tls === undefined ? [`port ${port}`] : ['port 0', `tls-port ${port}`]
    const config = [...listens, 'bind 127.0.0.1', 'protected-mode no', ...setup.config, ''].join('\n')
    const process = redisProcess({ ...setup.files, 'redis.conf': config }, setup.args ?? [])
    try {
      await start(process, address)
      return serverOf(process, address)
    } catch (error) {
      const isTaken = process.log().includes('Address already in use') // since it was found free
      await process.terminate()
      await process.forget()
      if (!isTaken || attempt === ATTEMPTS) throw error
    }
  }
}

function serverOf(process: RedisProcess, address: RedisAddress): RedisServer {
  const { port, password, tls } = address
  const credentials = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return {
    port,
    url: `${tls === undefined ? 'redis' : 'rediss'}://${credentials}127.0.0.1:${port}`,
    get pid() {
      return process.pid
    },
    get isRunning() {
      return process.isRunning
    },
    kill: process.kill,
    stop: async () => {
      await process.terminate()
      await process.forget()
    },
    pause: process.pause,
    resume: process.resume,
    restart: async () => {
      await process.terminate()
      await start(process, address)
    },
    cli: async (...args) => replyText(await askRedis(address, args)),
    ask: (...args) => askRedis(address, args),
  }
}

async function start(process: RedisProcess, address: RedisAddress): Promise<void> {
  process.start()
  await until('an answer of redis-server', async () => {
    // No pause and no port mends that.
    if (!process.isRunning) return 'ended'
    if ((await askRedis(address, ['PING'])) !== 'PONG') return false
    // Another server may have taken the port, and it would answer as well.
    const info = replyText(await askRedis(address, ['INFO', 'server']))
    return info.includes(`process_id:${process.pid}\r\n`) && 'ready'
  }).then(
    (state) => {
      if (state === 'ended') throw new Error(`redis-server ended: ${process.log()}`)
    },
    (cause) => {
      throw new Error(`redis-server does not answer: ${process.log()}`, { cause })
    },
  )
}
