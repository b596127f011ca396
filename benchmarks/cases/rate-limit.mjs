import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { addressOf } from '../lib/address-of.mjs'
import { algorithms } from '../lib/algorithms.mjs'
import { fromSocket } from '../lib/from-socket.mjs'
import { guards, LIMIT, MOST_KEYS, stores } from '../lib/limiters.mjs'
import { proven } from '../lib/proven.mjs'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'

export default {
  about: 'how much? one request of one key, counted and allowed',
  run: async ({ rounds, check, chosen }) => {
    const few = check ? 3 : Math.min(rounds, 15)
    const counted = (contenders, keys, howOften = rounds) =>
      timed(filled(chosen(contenders), keys), { rounds: howOften, inputs: randomKeys(keys) })
    const bytes = { what: 'bytes a key', of: ({ wardline }) => wardline, atMost: 100, check: 160 }
    return [
      row({ name: 'a store of 1 key', unit: 'us', readings: await counted(stores, 1) }),
      row({
        name: 'a store of 10 000 keys',
        unit: 'us',
        readings: await counted(stores, 10_000),
        goals: [timesFloor(1.5, 4)],
      }),
      row({
        name: 'a sliding window of 10 000 keys',
        unit: 'us',
        readings: await counted(algorithms.sliding, 10_000),
        goals: [timesFloor(undefined, 6)],
      }),
      row({
        name: 'a fixed window of 10 000 keys',
        unit: 'us',
        readings: await counted(algorithms.fixed, 10_000),
        goals: [timesFloor(undefined, 6)],
      }),
      row({
        name: 'a place of one of 10 000 keys, taken and given back',
        unit: 'us',
        readings: await counted(algorithms.concurrency, 10_000),
        goals: [timesFloor(undefined, 12)],
      }),
      row({ name: 'a store of 1 000 000 keys', unit: 'us', readings: await counted(stores, MOST_KEYS, few) }),
      row({
        name: 'rateLimit() and its fields',
        unit: 'us',
        readings: await counted(guards, 10_000),
        goals: [timesFloor(undefined, 8)],
      }),
      row({
        name: 'memory of 1 000 000 keys',
        unit: 'B/key',
        readings: await kept(chosen(stores), check ? 1 : 3),
        goals: [bytes],
      }),
    ]
  },
}

/** In random order, as strings that are new. */
const randomKeys = (keys) => () =>
  Array.from({ length: 5_000 }, () => fromSocket(addressOf(Math.floor(Math.random() * keys))))

/** Contenders that have seen all keys once. */
const filled = (contenders, keys) =>
  Object.fromEntries(
    Object.entries(contenders).map(([name, maker]) => [
      name,
      async () => {
        const make = await maker()
        await provenLimit(make)
        const { take, giveBack, close } = make(LIMIT)
        for (let index = 0; index < keys; index++) {
          await take(fromSocket(addressOf(index)), 0)
          giveBack?.(addressOf(index), 0)
        }
        let taken = 0
        // the clock goes as fast as the quota of a single key comes back
        const call = (key) => take(key, 4 * taken++)
        if (giveBack === undefined) return { call, close }
        const both = (key) => {
          const isAllowed = call(key)
          giveBack(key, 4 * taken)
          return isAllowed
        }
        return { call: both, close }
      },
    ]),
  )

/** Two pass and the third does not, while another key has its own two. */
async function provenLimit(make) {
  const { take, close } = make(2)
  const [key, another] = ['192.0.2.1', '192.0.2.2']
  await proven((input) => take(input, 0), { good: [key, key, another], bad: [key] })
  await close?.()
}

/** In a process of its own for each; wardline and the floor as guards. */
async function kept(contenders, rounds) {
  const readings = {}
  for (const name of Object.keys(contenders)) {
    readings[name] = []
    for (let round = 0; round < rounds; round++) readings[name].push(await bytesOf(name))
  }
  return readings
}

async function bytesOf(name) {
  const path = fileURLToPath(new URL('../services/rate-memory.mjs', import.meta.url))
  const [bytes] = await once(fork(path, [name], { execArgv: ['--expose-gc'] }), 'message')
  return bytes
}
