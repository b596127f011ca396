import { Redis } from 'ioredis'
import type { BucketRequest } from 'wardline'
import { RedisLink } from '../src/link.js'
import { redisRateLimitStore } from '../src/rate/store.js'

/** A process with limits in Redis: it takes `times` from one bucket at once, each time it is told to, and answers how many fit. */
export interface Order {
  readonly request: BucketRequest
  readonly times: number
}

const client = new Redis({ port: Number(process.argv[2]), host: '127.0.0.1' })
const store = redisRateLimitStore(new RedisLink({ client }))

process.on('message', async ({ request, times }: Order) => {
  const answers = await Promise.all(Array.from({ length: times }, () => store.take([request], Date.now())))
  process.send!(answers.filter(([state]) => state!.allowed).length)
})
client.once('ready', () => process.send!('ready'))
