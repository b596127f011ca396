import { createHash } from 'node:crypto'
import type { RevocableToken, Revocation, RevocationStore } from 'wardline'
import type { RedisLink } from './link.js'
import { linkOf } from './link-of.js'
import { script } from './script.js'
import { ttlOf } from './ttl.js'

/**
 * Revocations that all processes of a service share, from the moment at which `revoke` resolves. It rejects where Redis does
 * not keep them: what asked for it must not say that it is done. Each request asks once, for all that may be revoked of its
 * token. By Redis' own clock a revocation leaves 5 seconds after its time; Redis must not evict
 * (`maxmemory-policy noeviction`), or what was revoked comes back.
 *
 * @param link - The way to Redis.
 * @throws TypeError for what is no link.
 */
export function redisRevocationStore(link: RedisLink): RevocationStore {
  linkOf('redisRevocationStore()', link)
  return Object.freeze({
    revoke: (revocation: Revocation, untilMs: number, nowMs: number): Promise<void> | void => {
      const { by, issuer } = revocation
      const id = idOf(revocation)
      if (!isText(issuer) || !isText(id))
        throw new TypeError('a revocation needs an issuer and whom or what it is about')
      const issuedBelow = issuedBelowOf(revocation)
      const ttlMs = ttlOf(untilMs, nowMs)
      if (untilMs < nowMs) return
      return link.run(REVOKE, [keyOf(link, by, issuer, id)], [issuedBelow, ttlMs]).then(() => {})
    },
    isRevoked: (token: RevocableToken): Promise<boolean> => {
      const keys = keysOf(link, token)
      return link
        .command(keys[0]!, ['MGET', ...keys])
        .then((reply) => isAnyRevoking(reply, keys.length, token.issuedAtMs))
    },
  })
}

/** Whatever was issued, at whatever time. */
const ANY_TIME = '*'

/** The latest of both times counts, also where this is sent twice. */
const REVOKE = script(`
local below, ttl = ARGV[1], tonumber(ARGV[2])
local known = redis.call('GET', KEYS[1])
if known then
  if known == '*' or (below ~= '*' and tonumber(known) > tonumber(below)) then below = known end
  ttl = math.max(ttl, redis.call('PTTL', KEYS[1]))
end
redis.call('SET', KEYS[1], below, 'PX', string.format('%.0f', ttl))
`)

function keysOf(
  link: RedisLink,
  { issuer, tokenId, sessionId, subject, id, client }: RevocableToken,
): readonly string[] {
  const keys = [keyOf(link, 'token', issuer, tokenId)]
  if (sessionId !== undefined) keys.push(keyOf(link, 'session', issuer, sessionId))
  if (subject !== undefined) keys.push(keyOf(link, 'subject', issuer, subject))
  if (id !== undefined && id !== subject) keys.push(keyOf(link, 'subject', issuer, id))
  if (client !== undefined) keys.push(keyOf(link, 'client', issuer, client))
  return keys
}

/** As JSON, so that no two lists make one text; as a digest, so that nobody is named. */
const keyOf = (link: RedisLink, by: Revocation['by'], issuer: string, id: string): string =>
  `${link.prefix}r:${createHash('sha256')
    .update(JSON.stringify([by, issuer, id]))
    .digest('base64url')}`

/** @throws TypeError for what is no answer: it must not let a token live. */
function isAnyRevoking(reply: unknown, count: number, issuedAtMs: number): boolean {
  if (!Array.isArray(reply) || reply.length !== count) throw new TypeError('redis gave no answer about a token')
  for (const issuedBelow of reply) {
    // What is no time revokes: only a plain comparison lets a token live.
    if (issuedBelow !== null && !(TIME.test(issuedBelow) && issuedAtMs >= Number(issuedBelow))) return true
  }
  return false
}

const TIME = /^-?\d+$/

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function idOf(revocation: Revocation): unknown {
  switch (revocation.by) {
    case 'token':
      return revocation.tokenId
    case 'session':
      return revocation.sessionId
    case 'subject':
      return revocation.subject
    case 'client':
      return revocation.client
  }
}

/** `iat` is told in seconds: a token of the same second may be the older one. */
function issuedBelowOf(revocation: Revocation): string {
  if (revocation.by === 'token' || revocation.by === 'session') return ANY_TIME
  const { beforeMs } = revocation
  if (!Number.isFinite(beforeMs)) throw new TypeError(`beforeMs must be finite, got ${beforeMs}`)
  return String((Math.floor(beforeMs / 1000) + 1) * 1000)
}
