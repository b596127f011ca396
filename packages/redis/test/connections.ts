import type { RedisServer } from '@wardline/test-kit'

/** Of sentinels, of replicas and primaries, and of the one who asks. */
const OWN = / name=sentinel-| flags=[SM]|cmd=client\|list/

/** How many connections clients have to these servers. */
export async function connections(servers: readonly RedisServer[]): Promise<number> {
  const lists = await Promise.all(servers.map((server) => server.cli('CLIENT', 'LIST')))
  return lists.flatMap((list) => list.trim().split('\n')).filter((line) => !OWN.test(line)).length
}
