import { fork } from 'node:child_process'
import { once } from 'node:events'
import { BlockList } from 'node:net'
import { fileURLToPath } from 'node:url'
import { FAMILIES, lists, MOST_RANGES } from '../lib/address-lists.mjs'
import { fromSocket } from '../lib/from-socket.mjs'
import { proven } from '../lib/proven.mjs'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'

export default {
  about: 'from where? an address that is in none of the ranges of a list',
  run: async ({ rounds, check, chosen }) => {
    const looked = (makers, family, count) =>
      timed(filled(chosen(makers), family, count), { rounds, inputs: inTurn(family, count) })
    const atMost = { what: 'us', of: ({ wardline }) => wardline, atMost: 0.5 }
    const bytes = { what: 'bytes a range', of: ({ wardline }) => wardline, atMost: 10, check: 30 }
    return [
      row({ name: '10 ranges', unit: 'us', readings: await looked(small, 'ipv4', 10) }),
      row({
        name: '50 000 ranges of IPv4',
        unit: 'us',
        readings: await looked(lists, 'ipv4', MOST_RANGES),
        goals: [atMost, timesFloor(undefined, 6)],
      }),
      row({
        name: '50 000 ranges of IPv6',
        unit: 'us',
        readings: await looked({ wardline: lists.wardline }, 'ipv6', MOST_RANGES),
        goals: [atMost],
      }),
      row({
        name: 'memory of 50 000 ranges of IPv4',
        unit: 'B/range',
        readings: await kept(chosen(lists), check ? 1 : 3),
        goals: [bytes],
      }),
    ]
  },
}

/** BlockList asks one range after the other: with 50 000, more than a millisecond a look, and caches that are lost to the others. */
const small = {
  ...lists,
  BlockList: (ranges) => {
    const list = new BlockList()
    for (const range of ranges) {
      const [network, prefix] = range.split('/')
      list.addSubnet(network, Number(prefix))
    }
    return (address) => !list.check(address)
  },
}

/** Contenders that have the list, and that were seen to use it. */
function filled(makers, family, count) {
  const { range, listed, unlisted } = FAMILIES[family]
  const ranges = Array.from({ length: count }, (_, index) => range(index))
  const some = [0, 1, count - 1]
  const proof = { good: some.map(unlisted), bad: some.map(listed) }
  return Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, () => proven(make(ranges), proof)]))
}

/** Beside one range after the other, in no order, as strings that are new. */
function inTurn(family, count) {
  const { unlisted } = FAMILIES[family]
  let turn = 0
  return () => Array.from({ length: 5_000 }, () => fromSocket(unlisted((turn++ * 7_919) % count)))
}

/** In a process of its own for each. */
async function kept(makers, rounds) {
  const readings = {}
  for (const name of Object.keys(makers)) {
    readings[name] = []
    for (let round = 0; round < rounds; round++) readings[name].push(await bytesOf(name))
  }
  return readings
}

async function bytesOf(name) {
  const path = fileURLToPath(new URL('../services/address-memory.mjs', import.meta.url))
  const [bytes] = await once(fork(path, [name], { execArgv: ['--expose-gc'] }), 'message')
  return bytes
}
