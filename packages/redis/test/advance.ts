import type { RedisServer } from '@wardline/test-kit'

/** All keys are so much nearer to their end; those that have none stay. */
const NEARER = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
end
`

/** Has time go on for the keys of a server. */
export const advance = async (server: RedisServer, ms: number): Promise<void> =>
  void (await server.cli('EVAL', NEARER, '0', `${ms}`))
