import { once } from 'node:events'
import { redisServer } from '@wardline/test-kit'
import { Redis } from 'ioredis'
import { addressOf } from '../lib/address-of.mjs'
import { called } from '../lib/callers.mjs'
import { fromSocket } from '../lib/from-socket.mjs'
import { redisLimiters } from '../lib/redis-limiters.mjs'
import { row, timesFloor } from '../lib/row.mjs'

const KEYS = 10_000

export default {
  about: 'how much, of many processes? one request of 10 000 keys, counted in Redis; the floor is PING',
  run: async ({ check, chosen }) => {
    const server = await redisServer()
    const client = new Redis(server.url, { enableOfflineQueue: false })
    try {
      await once(client, 'ready')
      const contenders = {}
      for (const [name, make] of Object.entries(chosen(redisLimiters))) {
        contenders[name] = await make(client, `benchmark-${Object.keys(contenders).length}`)
      }
      const load = (callers) =>
        called(contenders, {
          callers,
          rounds: check ? 5 : 15,
          inputs: randomKeys(check ? 5_000 : 10_000),
          serverMicros: () => cpuMicros(server),
        })
      return [
        ...rowsOf('50 at once', await load(50), { atLeast: 0.75, check: 0.25 }),
        ...rowsOf('500 at once', await load(500), { atLeast: 1, check: 0.25 }),
      ]
    } finally {
      client.disconnect()
      await server.stop()
    }
  },
}

/** In random order, as strings that are new. */
const randomKeys = (count) => () =>
  Array.from({ length: count }, () => fromSocket(addressOf(Math.floor(Math.random() * KEYS))))

/** All of the server's process. */
async function cpuMicros(server) {
  const info = await server.cli('INFO', 'cpu')
  const seconds = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)[1])
  return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
}

function rowsOf(load, readings, goal) {
  const of = (what) =>
    Object.fromEntries(Object.entries(readings).map(([name, values]) => [name, values.map((one) => one[what])]))
  const ofPing = { what: 'of PING', of: ({ wardline, floor }) => wardline / floor, ...goal }
  return [
    row({ name: `Redis, ${load}: requests a second`, unit: '/s', readings: of('perSecond'), goals: [ofPing] }),
    row({
      name: `Redis, ${load}: CPU a request`,
      unit: 'us',
      readings: of('cpuMicros'),
      goals: [timesFloor(undefined, 5)],
    }),
    row({
      name: `Redis, ${load}: CPU of the server a request`,
      unit: 'us',
      readings: of('serverMicros'),
      goals: [timesFloor(undefined, 10)],
    }),
  ]
}
