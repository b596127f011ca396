import type { RedisServer } from './redis-start.js'

/** Asked by the count itself. */
const OWN: ReadonlySet<string> = new Set(['info', 'auth'])

/**
 * How many commands a server has run since its start, or since `CONFIG RESETSTAT`: those of one name in lower case
 * (`evalsha`, `client|setname`; `client` for all of its subcommands), or all but INFO and AUTH. What a script calls
 * counts beside the script; a {@link FaultyLink} counts what clients have sent.
 */
export async function commandCount(server: Pick<RedisServer, 'cli'>, name?: string): Promise<number> {
  const stats = await server.cli('INFO', 'commandstats')
  let count = 0
  for (const [, command, calls] of stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    const isMeant = name === undefined ? !OWN.has(command!) : command === name || command!.startsWith(`${name}|`)
    if (isMeant) count += Number(calls)
  }
  return count
}
