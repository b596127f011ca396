import { FAMILIES, lists, MOST_RANGES } from '../lib/address-lists.mjs'

// Bytes a range that one contender keeps, in a process that keeps nothing else.
const make = lists[process.argv[2]]
/** The ranges themselves are nobody's afterwards. */
const filled = (count) => make(Array.from({ length: count }, (_, index) => FAMILIES.ipv4.range(index)))
filled(MOST_RANGES) // what is compiled for it stays as well, and is not counted

const before = keptBytes()
const isFree = filled(MOST_RANGES)
const kept = keptBytes() - before
isFree(FAMILIES.ipv4.listed(0)) // without another use, all of it would be garbage at the second reading
process.send(kept / MOST_RANGES, () => process.exit(0))

function keptBytes() {
  for (let i = 0; i < 3; i++) globalThis.gc() // what the first finds may hold more
  const { heapUsed, external } = process.memoryUsage() // the latter with array buffers
  return heapUsed + external
}
