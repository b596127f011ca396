import { shown } from '../lib/options.js'
import type { Algorithm } from './algorithms/algorithm.js'
import { Cells, copied, NONE } from './algorithms/cells.js'
import { algorithmOf } from './algorithms/index.js'
import type { LimitRule } from './rule.js'
import type { BucketRequest } from './store.js'

/** The lists a bucket may be in. Their heads are slots as well, so that a list is never empty; the first slot is `NONE`. */
export const OPEN = 1
export const SPENT = 2
const FREE = 3
const HEADS = 4

type List = typeof OPEN | typeof SPENT | typeof FREE

/** Slots at first, heads included; doubled when they are used up. */
const FIRST_SLOTS = 64

/** The buckets of one rule. */
interface Policy {
  readonly rule: LimitRule
  readonly algorithm: Algorithm
  /** Its place among the policies: two bytes a bucket, where a reference takes eight. */
  readonly index: number
  readonly slots: Map<string, number>
}

const MAX_POLICIES = 65_536

/** What a bucket takes beside its key: its place in the columns, in the Map, and the head of the string. */
const BUCKET_BYTES = 96
const BYTES_MORE = { 1: 0, 2: 8, 3: 44 } as const
/** What one takes at most. */
export const MOST_BYTES = 400

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
  #bytes = 0
  readonly cells: Cells
  #previous: Int32Array
  #next: Int32Array
  #lists: Uint8Array
  #keys: string[]
  #owners: Uint16Array

  /** @param maxBuckets - Never more of them: the caller removes one before it adds one. */
  constructor(maxBuckets: number) {
    this.#mostSlots = maxBuckets + HEADS
    this.#slots = Math.min(FIRST_SLOTS, this.#mostSlots)
    this.cells = new Cells(this.#slots)
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

  /** About what the buckets take, keys included. */
  get bytes(): number {
    return this.#bytes
  }

  /** The slot of the bucket, or `NONE`. */
  find({ rule, key }: BucketRequest): number {
    const policy = this.#policies.get(rule.id)
    if (policy === undefined) return NONE
    if (policy.rule !== rule) assertSameRule(policy.rule, rule)
    return policy.slots.get(key) ?? NONE
  }

  /** When the bucket need not be kept any more. */
  keptUntilMs(slot: number): number {
    const { rule, algorithm } = this.#ownerOf(slot)
    return algorithm.keptUntilMs(rule, this.cells, slot)
  }

  /** Where the clock stepped back behind it, it goes on from there. */
  bringBack(slot: number, nowMs: number): void {
    const { rule, algorithm } = this.#ownerOf(slot)
    if (algorithm.isAhead(rule, this.cells, slot, nowMs)) algorithm.bringBack(rule, this.cells, slot, nowMs)
  }

  /** A slot for a bucket that has none yet, at the end of the open ones. */
  add(request: BucketRequest): number {
    const policy = this.#policyOf(request.rule)
    const key = ownCopy(request.key)
    const slot = this.#unusedSlot()
    policy.slots.set(key, slot)
    this.#owners[slot] = policy.index
    this.#keys[slot] = key
    this.cells.provide(policy.algorithm.columns)
    this.#append(slot, OPEN)
    this.#size++
    this.#bytes += bytesOf(policy, key)
    return slot
  }

  remove(slot: number): void {
    const policy = this.#ownerOf(slot)
    const key = this.#keys[slot]!
    policy.slots.delete(key)
    if (policy.slots.size === 0) this.#drop(policy)
    this.#bytes -= bytesOf(policy, key)
    this.#keys[slot] = ''
    this.cells.clear(slot)
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

  #policyOf(rule: LimitRule): Policy {
    const known = this.#policies.get(rule.id)
    if (known !== undefined) return known
    const unused = this.#byIndex.indexOf(undefined)
    const index = unused === -1 ? this.#byIndex.length : unused
    if (index === MAX_POLICIES) throw new TypeError(`one store serves at most ${MAX_POLICIES} limits at a time`)
    const policy = { rule, algorithm: algorithmOf(rule), index, slots: new Map<string, number>() }
    this.#policies.set(rule.id, policy)
    this.#byIndex[index] = policy
    return policy
  }

  #drop({ rule, index }: Policy): void {
    this.#policies.delete(rule.id)
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
    this.cells.grow(this.#slots)
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

/** A part of a long header field, such as a forwarded address, would keep all of the field in memory. */
function ownCopy(key: string): string {
  const copy = Buffer.from(key, 'latin1').toString('latin1')
  return copy === key ? copy : Buffer.from(key, 'utf16le').toString('utf16le')
}

const bytesOf = ({ algorithm }: Policy, key: string): number =>
  BUCKET_BYTES + BYTES_MORE[algorithm.columns] + 2 * key.length

/** Numbers of one rule, read by another, would mean something else. */
function assertSameRule(known: LimitRule, rule: LimitRule): void {
  const names = new Set([...Object.keys(known), ...Object.keys(rule)]) as Set<keyof LimitRule>
  for (const name of names) {
    if (known[name] !== rule[name])
      throw new TypeError(`all requests of limit ${shown(rule.id)} must have the same ${name}`)
  }
}
