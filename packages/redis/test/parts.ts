import { setTimeout as pause } from 'node:timers/promises'
import { type FaultyLink, faultyLink, type RedisServer, type RedisServerOptions, redisServer } from '@wardline/test-kit'
import { afterEach } from 'vitest'
import { RedisLink, type RedisLinkEvent, type RedisLinkOptions, StoreUnavailable, script } from '../src/index.js'
import type { OpenClient } from './clients.js'

const ends: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Ends what the test has started, the last first. */
export function ending<T>(part: T, end: (part: T) => Promise<unknown>): T {
  ends.push(() => end(part))
  return part
}

export const serve = async (options: RedisServerOptions = {}): Promise<RedisServer> =>
  ending(await redisServer(options), (server) => server.stop())

export const faulty = async (target: number): Promise<FaultyLink> =>
  ending(await faultyLink(target), (link) => link.close())

/** A link by a client of its own, and what it told. */
export interface Linked {
  readonly link: RedisLink
  readonly events: RedisLinkEvent[]
  readonly client: OpenClient['client']
}

export function linked(open: OpenClient, options: Partial<RedisLinkOptions> = {}): Linked {
  const { client } = ending(open, ({ close }) => close())
  const events: RedisLinkEvent[] = []
  return { link: new RedisLink({ client, onEvent: (event) => events.push(event), ...options }), events, client }
}

/** Adds to a count, and answers it. */
export const COUNT = script(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)

export const count = (link: RedisLink, key = `${link.prefix}count`): Promise<unknown> => link.run(COUNT, [key], [1])

/** How one command ended, and after how long. */
export interface Outcome {
  readonly error: StoreUnavailable | undefined
  readonly afterMs: number
}

export async function outcome(command: Promise<unknown>): Promise<Outcome> {
  const startMs = performance.now()
  const error = await command.then(
    () => undefined,
    (cause: unknown) => cause as StoreUnavailable,
  )
  return { error, afterMs: performance.now() - startMs }
}

/** Has it count again and again, one after the other, until `isOver` or so long. */
export async function counting(link: RedisLink, isOver: (last: Outcome) => boolean, forMs: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const endMs = performance.now() + forMs
  do {
    outcomes.push(await outcome(count(link)))
    if (isOver(outcomes.at(-1)!)) break
    await pause(10)
  } while (performance.now() < endMs)
  return outcomes
}

/** Every failure is told as what it is. */
export const isUnavailable = ({ error }: Outcome): boolean => error instanceof StoreUnavailable
