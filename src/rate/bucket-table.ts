import { shown } from '../lib/options.js'
import { fullAtMs, type Size } from './gcra.js'
import type { BucketRequest } from './store.js'

/** Where a bucket is not. */
export const NONE = -1

/** The lists a bucket may be in. Their heads are the first slots of the columns, so that a list is never empty. */
export const OPEN = 0
export const SPENT = 1
const FREE = 2
const HEADS = 3

type List = typeof OPEN | typeof SPENT | typeof FREE

/** Slots at first, heads included; doubled when they are used up. */
const FIRST_SLOTS = 64

/** The buckets of one limit. */
interface Policy extends Size {
  readonly name: string
  /** Its place among the policies: two bytes a bucket, where a reference takes eight. */
  readonly index: number
  readonly slots: Map<string, number>
}

const MAX_POLICIES = 65_536

/**
 * Buckets in columns, one slot each, in two lists that remember an order. An object and a Map entry in order of use per
 * bucket would cost 40 % more memory, and a Map passes all entries that were deleted before it comes to its first: under
 * a flood of new keys, ten times the time of a list.
 */
export class BucketTable {
  readonly #policies = new Map<string, Policy>()
  readonly #byIndex: (Policy | undefined)[] = []
  readonly #mostSlots: number
  #slots: number
  #usedSlots = HEADS
  #size = 0
  #tats: Float64Array
  #previous: Int32Array
  #next: Int32Array
  #lists: Uint8Array
  #keys: string[]
  #owners: Uint16Array

  /** @param maxBuckets - Never more of them: the caller removes one before it adds one. */
  constructor(maxBuckets: number) {
    this.#mostSlots = maxBuckets + HEADS
    this.#slots = Math.min(FIRST_SLOTS, this.#mostSlots)
    this.#tats = new Float64Array(this.#slots)
    this.#previous = new Int32Array(this.#slots)
    this.#next = new Int32Array(this.#slots)
    this.#lists = new Uint8Array(this.#slots)
    this.#keys = new Array<string>(this.#slots)
    this.#owners = new Uint16Array(this.#slots)
    for (const head of [OPEN, SPENT, FREE]) {
      this.#previous[head] = head
      this.#next[head] = head
      this.#keys[head] = ''
    }
  }

  get size(): number {
    return this.#size
  }

  /** The slot of the bucket, or `NONE`. */
  find(request: BucketRequest): number {
    const policy = this.#policies.get(request.policy)
    if (policy === undefined) return NONE
    assertSameSize(policy, request)
    return policy.slots.get(request.key) ?? NONE
  }

  tat(slot: number): number {
    return this.#tats[slot]!
  }

  keep(slot: number, tat: number): void {
    this.#tats[slot] = tat
  }

  /** The first whole millisecond at which the bucket is full and need not be kept. */
  fullAtMs(slot: number): number {
    return fullAtMs(this.#tats[slot]!, this.#ownerOf(slot))
  }

  /** A slot for a bucket that has none yet, at the end of the open ones. */
  add(request: BucketRequest): number {
    const policy = this.#policyOf(request)
    const key = ownCopy(request.key)
    const slot = this.#unusedSlot()
    policy.slots.set(key, slot)
    this.#owners[slot] = policy.index
    this.#keys[slot] = key
    this.#append(slot, OPEN)
    this.#size++
    return slot
  }

  remove(slot: number): void {
    const policy = this.#ownerOf(slot)
    policy.slots.delete(this.#keys[slot]!)
    if (policy.slots.size === 0) this.#drop(policy)
    this.#keys[slot] = ''
    this.move(slot, FREE)
    this.#size--
  }

  /** To the end of `list`, from wherever it was. */
  move(slot: number, list: List): void {
    this.#unlink(slot)
    this.#append(slot, list)
  }

  isIn(list: List, slot: number): boolean {
    return this.#lists[slot] === list
  }

  /** The first of `list`, or `NONE`. */
  first(list: List): number {
    return this.after(list, list)
  }

  /** The one after `slot` in `list`, or `NONE`. */
  after(slot: number, list: List): number {
    const next = this.#next[slot]!
    return next === list ? NONE : next
  }

  #unlink(slot: number): void {
    const before = this.#previous[slot]!
    const after = this.#next[slot]!
    this.#next[before] = after
    this.#previous[after] = before
  }

  #append(slot: number, list: List): void {
    const last = this.#previous[list]!
    this.#next[last] = slot
    this.#previous[slot] = last
    this.#next[slot] = list
    this.#previous[list] = slot
    this.#lists[slot] = list
  }

  #policyOf({ policy: name, limit, windowMs }: BucketRequest): Policy {
    const known = this.#policies.get(name)
    if (known !== undefined) return known
    const unused = this.#byIndex.indexOf(undefined)
    const index = unused === -1 ? this.#byIndex.length : unused
    if (index === MAX_POLICIES) throw new TypeError(`one store serves at most ${MAX_POLICIES} policies at a time`)
    const policy = { name, limit, windowMs, index, slots: new Map<string, number>() }
    this.#policies.set(name, policy)
    this.#byIndex[index] = policy
    return policy
  }

  #drop({ name, index }: Policy): void {
    this.#policies.delete(name)
    this.#byIndex[index] = undefined
  }

  #ownerOf(slot: number): Policy {
    return this.#byIndex[this.#owners[slot]!]!
  }

  #unusedSlot(): number {
    const freed = this.first(FREE)
    if (freed !== NONE) {
      this.#unlink(freed)
      return freed
    }
    if (this.#usedSlots === this.#slots) this.#grow()
    return this.#usedSlots++
  }

  #grow(): void {
    this.#slots = Math.min(2 * this.#slots, this.#mostSlots)
    this.#tats = copied(this.#tats, new Float64Array(this.#slots))
    this.#previous = copied(this.#previous, new Int32Array(this.#slots))
    this.#next = copied(this.#next, new Int32Array(this.#slots))
    this.#lists = copied(this.#lists, new Uint8Array(this.#slots))
    this.#keys = widened(this.#keys, this.#slots)
    this.#owners = copied(this.#owners, new Uint16Array(this.#slots))
  }
}

/** To the very length: an array that is told a greater length takes half as much again. */
function widened<T>(from: readonly T[], slots: number): T[] {
  const to = new Array<T>(slots)
  for (let slot = 0; slot < from.length; slot++) to[slot] = from[slot]!
  return to
}

function copied<Column extends Float64Array | Int32Array | Uint16Array | Uint8Array>(from: Column, to: Column): Column {
  to.set(from)
  return to
}

/** A part of a long header field, such as a forwarded address, would keep all of the field in memory. */
function ownCopy(key: string): string {
  const copy = Buffer.from(key, 'latin1').toString('latin1')
  return copy === key ? copy : Buffer.from(key, 'utf16le').toString('utf16le')
}

/** Whether both ask the same bucket. */
export function isSameBucket(a: BucketRequest, b: BucketRequest): boolean {
  if (a.policy !== b.policy) return false
  assertSameSize(a, b)
  return a.key === b.key
}

/** A TAT counts in units of its limit: read by another size it would mean another time. */
function assertSameSize({ limit, windowMs }: Size, request: BucketRequest): void {
  if (limit === request.limit && windowMs === request.windowMs) return
  throw new TypeError(
    `all requests of policy ${shown(request.policy)} must have limit ${limit} and windowMs ${windowMs}`,
  )
}
