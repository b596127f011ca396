import { createServer } from 'node:net'

/**
 * Below the ports that systems give to outgoing connections, so that what goes away finds its port free when it comes back,
 * and so low that the bus of a Redis Cluster node, 10000 above, is not among them either.
 */
const [LOWEST_PORT, PORTS] = [10_000, 10_000]
const BUS_OFFSET = 10_000

/** Test files that run at the same time take ports of their own: none takes that of a server which is away for a moment. */
const SHARES = 4
const share = Number(process.env.VITEST_POOL_ID ?? 0) % SHARES

/** A port that is free just now, as is the one 10000 above. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + SHARES * Math.floor((Math.random() * PORTS) / SHARES) + share
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
