import { isIPv4, isIPv6 } from 'node:net'
import { type Groups, groupsOf, ipv4Number, isMapped, masked } from './address-groups.js'

/** A network: an address, of which the first `bits` of 128 count. */
export interface AddressRange {
  readonly network: Groups
  readonly bits: number
}

/** What is wrong with text that should be a range. */
export type RangeFault = 'malformed' | 'prefix_out_of_range' | 'covers_everything'

/** The bits ahead of an IPv4 address that is mapped. */
const MAPPED_BITS = 96

/** An address without zone, or a CIDR range (RFC 4632 section 3.1), whose bits behind the prefix do not count. */
export function addressRange(text: unknown): AddressRange | RangeFault {
  const [, address, prefix] = typeof text === 'string' ? (RANGE.exec(text) ?? []) : []
  if (address === undefined || (!isIPv4(address) && !isIPv6(address))) return 'malformed'
  const groups = groupsOf(address)
  const bits = prefix === undefined ? 128 : Number(prefix) + (address.includes(':') ? 0 : MAPPED_BITS)
  const everyBits = isMapped(groups) ? MAPPED_BITS : 0
  if (bits < everyBits || bits > 128) return 'prefix_out_of_range'
  return bits === everyBits ? 'covers_everything' : { network: masked(groups, bits), bits }
}

const RANGE = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/

/**
 * Addresses, of which tens of thousands of ranges are asked at every request: 8 bytes a range of IPv4, 32 bytes one of
 * IPv6, and one binary search a look. A range of IPv6 holds no IPv4 address, though all of them are mapped into `::/80`.
 */
export class AddressSet {
  readonly #ipv4: SortedRanges
  readonly #ipv6: SortedRanges

  constructor(ranges: readonly AddressRange[]) {
    const ipv4 = ranges.filter(({ network }) => isMapped(network))
    const ipv6 = ranges.filter(({ network }) => !isMapped(network))
    this.#ipv4 = ipv4.length === 0 ? NONE : new SortedRanges(ipv4.map(ipv4Ends), 1)
    this.#ipv6 = ipv6.length === 0 ? NONE : new SortedRanges(ipv6.map(ipv6Ends), 4)
  }

  /** The family of which it holds every address, which no list is meant to. */
  get covers(): 'IPv4' | 'IPv6' | undefined {
    if (this.#ipv4.isEverything) return 'IPv4'
    return this.#ipv6.isEverything ? 'IPv6' : undefined
  }

  /** In any spelling; undefined for what is no address. */
  has(address: string): boolean | undefined {
    if (isIPv4(address)) {
      wanted[0] = ipv4Number(address)
      return this.#ipv4.has(wanted)
    }
    if (!isIPv6(address)) return undefined
    const groups = groupsOf(address)
    if (isMapped(groups)) {
      wanted[0] = wordOf(groups, 3)
      return this.#ipv4.has(wanted)
    }
    for (let i = 0; i < 4; i++) wanted[i] = wordOf(groups, i)
    return this.#ipv6.has(wanted)
  }
}

/** The address that is looked for, in words of 32 bits. One for all looks, since none waits for anything. */
const wanted = new Uint32Array(4)

const wordOf = (groups: Groups, index: number): number => groups[2 * index]! * 0x10000 + groups[2 * index + 1]!

/** The first address and the last, in words of 32 bits. */
type Ends = readonly [first: readonly number[], last: readonly number[]]

const ipv4Ends = ({ network, bits }: AddressRange): Ends => {
  const first = wordOf(network, 3)
  return [[first], [first + 2 ** (128 - bits) - 1]]
}

const ipv6Ends = ({ network, bits }: AddressRange): Ends => {
  const first = [0, 1, 2, 3].map((index) => wordOf(network, index))
  return [first, first.map((word, index) => word + hostPart(bits - 32 * index))]
}

/** The bits of a word behind the first `bits`, all set. */
const hostPart = (bits: number): number => 2 ** (32 - Math.max(0, Math.min(32, bits))) - 1

const MAX_WORD = 0xffffffff

/** Ranges in order, with gaps between them, in columns: of all first addresses the first word, the second, and so on. */
class SortedRanges {
  readonly #words: number
  readonly #count: number
  readonly #firsts: readonly Uint32Array[]
  readonly #lasts: readonly Uint32Array[]

  constructor(ranges: Ends[], words: number) {
    const merged = joined(ranges)
    this.#words = words
    this.#count = merged.length
    this.#firsts = columns(merged, 0, words)
    this.#lasts = columns(merged, 1, words)
  }

  get isEverything(): boolean {
    if (this.#count !== 1) return false
    return this.#firsts.every(([word]) => word === 0) && this.#lasts.every(([word]) => word === MAX_WORD)
  }

  has(address: Uint32Array): boolean {
    const index = this.#lastFrom(address)
    if (index < 0) return false
    for (let word = 0; word < this.#words; word++) {
      const difference = this.#lasts[word]![index]! - address[word]!
      if (difference !== 0) return difference > 0
    }
    return true
  }

  /** The last range that begins at the address or before, found word by word, as in a dictionary; -1 for none. */
  #lastFrom(address: Uint32Array): number {
    let from = 0
    let last = this.#count - 1
    for (let word = 0; word < this.#words; word++) {
      const column = this.#firsts[word]!
      const wanted = address[word]!
      if (column[from] === wanted && column[last] === wanted) continue // as most lists do of one network
      last = lastAtMost(column, from, last, wanted)
      if (word === this.#words - 1 || last < from || column[last] !== wanted) break
      from = lastAtMost(column, from, last, wanted - 1) + 1
    }
    return last
  }
}

/** Shared: thousands of API keys may have a set of their own, most of them of one family. */
const NONE = new SortedRanges([], 1)

/** Filled by hand: `Uint32Array.from` with a function takes ten times as long. */
function columns(ranges: readonly Ends[], end: 0 | 1, words: number): readonly Uint32Array[] {
  const made = Array.from({ length: words }, () => new Uint32Array(ranges.length))
  for (const [word, column] of made.entries()) {
    for (let index = 0; index < ranges.length; index++) column[index] = ranges[index]![end][word]!
  }
  return made
}

/**
 * The last of the sorted words from `from` to `to` that is at most `wanted`; `from - 1` for none. Without a branch that
 * depends on what is compared: the processor would foretell every other wrongly, which takes three times as long.
 */
function lastAtMost(words: Uint32Array, from: number, to: number, wanted: number): number {
  let last = from - 1
  for (let left = to - last; left > 0; ) {
    const half = (left + 1) >>> 1
    last += Number(words[last + half]! <= wanted) * half
    left -= half
  }
  return last
}

/** What overlaps or adjoins becomes one. */
function joined(ranges: Ends[]): readonly Ends[] {
  const result: Ends[] = []
  for (const range of ranges.sort(([a], [b]) => compare(a, b))) {
    const before = result.at(-1)
    if (before === undefined || isApart(before[1], range[0])) result.push(range)
    else if (compare(before[1], range[1]) < 0) result[result.length - 1] = [before[0], range[1]]
  }
  return result
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

/** Whether there is an address between the two. */
function isApart(last: readonly number[], first: readonly number[]): boolean {
  return compare(last, first) < 0 && compare(successor(last), first) < 0
}

/** The next address; behind the very last, one that is higher than all. */
function successor(address: readonly number[]): readonly number[] {
  const next = [...address]
  let i = next.length - 1
  while (i > 0 && next[i] === MAX_WORD) next[i--] = 0
  next[i]!++
  return next
}
