import { Breaker } from './breaker.js'
import { type RedisClient, redisPort } from './client.js'
import { Command, type Way } from './command.js'
import { StoreUnavailable } from './failure.js'
import type { RedisLinkEvent, RedisLinkStats } from './link-events.js'
import { callable, integerBetween, keyPrefix, knownOptions } from './options.js'
import type { Script } from './script.js'

/** How the stores reach Redis. */
export interface RedisLinkOptions {
  /**
   * A client of ioredis or node-redis: single, Sentinel or Cluster. It stays the application's own to configure and to close. A
   * client of node-redis that nobody has connected is connected when it is first needed.
   */
  readonly client: RedisClient
  /**
   * What all keys begin with, in braces, so that in a Cluster they share a slot: 1 to 40 letters, digits and `-_.:`.
   * Default: `wardline`.
   */
  readonly prefix?: string | undefined
  /** How long a command may take, all further tries included, in milliseconds, 10 to 1500. Default: 500. */
  readonly timeoutMs?: number | undefined
  /** Told when Redis fails and when it is back. What it throws is ignored. Default: nobody is. */
  readonly onEvent?: ((event: RedisLinkEvent) => void) | undefined
}

/** Commands under way at once. */
const MAX_WAITING = 10_000
/** A process that starts is busy: that its first connection takes a while is no outage, as long as nobody waits for it. */
const FIRST_CONNECTION_MS = 2_000
/** A refusal is told again after this time. */
const REFUSAL_TOLD_EVERY_MS = 60_000

/**
 * The way to Redis that stores share. A command has its answer within `timeoutMs` or fails by then. What fails because the
 * connection is lost, or because Redis is about to serve again, is tried again within that time. It may have been executed
 * before the connection was lost: scripts have to bear that.
 *
 * Where a command has had no answer and nor has any other meanwhile, the breaker opens: commands fail at once and nothing
 * is sent, until Redis answers a command that the link sends by itself, twice a second at most.
 */
export class RedisLink {
  /** What all keys begin with, hash tag and colon included: `{wardline}:`. */
  readonly prefix: string
  readonly #breaker: Breaker
  readonly #way: Way
  readonly #onEvent: ((event: RedisLinkEvent) => void) | undefined
  #rejected = 0
  #refusalToldAtMs = Number.NEGATIVE_INFINITY

  /**
   * @param options - The client, and how long to wait for it.
   * @throws TypeError for an option out of its range, and for a client that is neither of ioredis nor of node-redis.
   */
  constructor(options: RedisLinkOptions) {
    knownOptions('RedisLink', options, ['client', 'prefix', 'timeoutMs', 'onEvent'])
    const port = redisPort(options.client)
    this.prefix = `{${keyPrefix('prefix', options.prefix ?? 'wardline')}}:`
    this.#onEvent = options.onEvent === undefined ? undefined : callable('onEvent', options.onEvent)
    const timeoutMs = integerBetween('timeoutMs', options.timeoutMs ?? 500, 10, 1_500)
    const key = `${this.prefix}probe`
    this.#breaker = new Breaker({
      isReady: port.isReady,
      open: port.open,
      fault: port.fault,
      probe: () => port.send(key, ['GET', key]),
      timeoutMs,
      onOpen: (cause) => this.#tell({ event: 'redis_unavailable', cause }),
      onClose: (afterMs) => this.#tell({ event: 'redis_recovered', afterMs }),
    })
    const counts = { commands: 0, retries: 0, failures: 0, timeouts: 0, waiting: 0 }
    this.#way = { port, breaker: this.#breaker, timeoutMs, counts, onRefused: (cause) => this.#tellRefusal(cause) }
    port.onError(() => this.#breaker.suspect())
    this.#breaker.suspect(FIRST_CONNECTION_MS)
  }

  /** True while the breaker is open: `run` and `command` fail at once, and nothing is sent. */
  get isOpen(): boolean {
    return this.#breaker.cause !== undefined
  }

  /** Counts since the start, for metrics. */
  readonly stats = (): RedisLinkStats => ({
    ...this.#way.counts,
    rejected: this.#rejected,
    opened: this.#breaker.opened,
    isOpen: this.isOpen,
  })

  /**
   * Runs a script, in one round trip. Keys are whole: each begins with `prefix`. Integers of the reply are strings where the
   * client of ioredis has `stringNumbers`.
   *
   * @throws StoreUnavailable (rejects) when Redis is away, slow or refuses; never later than `timeoutMs`.
   */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args.map(String)]
    return this.#ask(keys[0], ['EVALSHA', script.sha, ...rest], () => ['EVAL', script.lua, ...rest])
  }

  /**
   * Sends one command about `key`, which decides on the node of a Cluster: `command(key, ['GET', key])`.
   *
   * @throws StoreUnavailable (rejects) as `run` does.
   */
  command(key: string, args: readonly string[]): Promise<unknown> {
    return this.#ask(key, args)
  }

  #ask(key: string | undefined, args: readonly string[], whole?: () => readonly string[]): Promise<unknown> {
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      this.#rejected++
      return Promise.reject(refusal)
    }
    return new Promise((resolve, reject) => new Command(this.#way, { key, args, whole, resolve, reject }).try())
  }

  #refusal(): StoreUnavailable | undefined {
    const { cause } = this.#breaker
    if (cause !== undefined) return new StoreUnavailable('open', cause.code)
    return this.#way.counts.waiting >= MAX_WAITING ? new StoreUnavailable('overloaded') : undefined
  }

  #tellRefusal(cause: StoreUnavailable): void {
    const nowMs = performance.now()
    if (nowMs - this.#refusalToldAtMs < REFUSAL_TOLD_EVERY_MS) return
    this.#refusalToldAtMs = nowMs
    this.#tell({ event: 'redis_refused', cause })
  }

  #tell(event: RedisLinkEvent): void {
    try {
      const told: unknown = this.#onEvent?.(Object.freeze(event))
      if (told instanceof Promise) told.catch(() => {})
    } catch {
      // what a listener throws is nobody else's business
    }
  }
}
