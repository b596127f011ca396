import { isIPv4 } from 'node:net'

/** Ranges of IPv4 that do not overlap, sorted, and a binary search: what no list of tens of thousands can do without. */
export function addressFloor(ranges) {
  const parsed = ranges.map((range) => {
    const [network, prefix] = range.split('/')
    return { first: numberOf(network), size: 2 ** (32 - prefix) }
  })
  parsed.sort((a, b) => a.first - b.first)
  const firsts = Uint32Array.from(parsed.map(({ first }) => first))
  const lasts = Uint32Array.from(parsed.map(({ first, size }) => first + size - 1))
  return (address) => {
    if (!isIPv4(address)) return false
    const wanted = numberOf(address)
    let low = 0
    let high = firsts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (firsts[middle] <= wanted) low = middle + 1
      else high = middle
    }
    return low === 0 || lasts[low - 1] < wanted
  }
}

function numberOf(address) {
  let number = 0
  let octet = 0
  for (let i = 0; i < address.length; i++) {
    const char = address.charCodeAt(i)
    if (char === 0x2e) {
      number = number * 256 + octet
      octet = 0
    } else octet = octet * 10 + char - 0x30
  }
  return number * 256 + octet
}
