import { addressOf } from '../lib/address-of.mjs'
import { fromSocket } from '../lib/from-socket.mjs'
import { guards, LIMIT, MOST_KEYS, stores } from '../lib/limiters.mjs'

// Bytes a key that one contender keeps, in a process that keeps nothing else.
const contenders = { ...stores, ...guards }
const make = await contenders[process.argv[2]]()
const { take } = make(LIMIT)
await take(addressOf(MOST_KEYS), 0)

const before = keptBytes()
for (let index = 0; index < MOST_KEYS; index++) await take(fromSocket(addressOf(index)), 0)
const kept = keptBytes() - before
await take(addressOf(0), 0) // without another use, all of it would be garbage at the second reading
process.send(kept / MOST_KEYS, () => process.exit(0))

function keptBytes() {
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage() // the latter with array buffers
  return heapUsed + external
}
