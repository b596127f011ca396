import { createHash, randomBytes } from 'node:crypto'
import type { ReplayClaim, ReplayStore } from 'wardline'
import { StoreUnavailable } from './failure.js'
import type { RedisLink } from './link.js'
import { linkOf } from './link-of.js'
import { script } from './script.js'
import { ttlOf } from './ttl.js'

/**
 * A replay store that all processes of a service share: of two claims at once, wherever they are made, exactly one is fresh.
 * By Redis' own clock a key leaves 5 seconds after its time, for processes whose clocks are behind. Where Redis has no memory
 * left the answer is `full`; it must not evict (`maxmemory-policy noeviction`), or what was used may be used again.
 *
 * @param link - The way to Redis.
 * @throws TypeError for what is no link.
 */
export function redisReplayStore(link: RedisLink): ReplayStore {
  linkOf('redisReplayStore()', link)
  const mark = marks()
  return Object.freeze({
    claim: (key: string, untilMs: number, nowMs: number): Promise<ReplayClaim> | ReplayClaim => {
      const ttlMs = ttlOf(untilMs, nowMs)
      // It may have been known, and have left already.
      if (ttlMs <= 0) return 'used'
      return link.run(CLAIM, [`${link.prefix}u:${named(key)}`], [mark(), ttlMs]).then(claimOf, refusalOf)
    },
  })
}

/** Whoever claimed it finds its own mark where the answer was lost, and the command was sent again. */
const CLAIM = script(`
local mark = redis.call('GET', KEYS[1])
if mark then return mark == ARGV[1] and 'fresh' or 'used' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'fresh'
`)

/** Texts that no two claims share, in any process. */
function marks(): () => string {
  const own = randomBytes(9).toString('base64url')
  let count = 0
  return () => `${own}${(count++).toString(36)}`
}

const DIGEST = /^[\w-]{43}$/

/** The port gives digests; whatever else is given is made one, so that no text reaches Redis in clear. */
const named = (key: string): string => (DIGEST.test(key) ? key : createHash('sha256').update(key).digest('base64url'))

function claimOf(reply: unknown): ReplayClaim {
  if (reply === 'fresh' || reply === 'used') return reply
  throw new TypeError('redis gave no answer to a claim')
}

function refusalOf(cause: unknown): ReplayClaim {
  if (cause instanceof StoreUnavailable && cause.reason === 'refused' && cause.code === 'OOM') return 'full'
  throw cause
}
