import type { BucketRequest, ConcurrencyRule } from 'wardline'
import type { Batches } from './batches.js'
import { bucketName } from './bucket-key.js'

/** What this process has under way in one bucket. */
interface Hold {
  readonly rule: ConcurrencyRule
  readonly key: string
  /** Places taken, those that are being asked for included. */
  count: number
  /** Whether Redis may count otherwise, and since when at the latest. */
  isUnsure: boolean
  unsureMs: number
  /** When Redis last began its lease anew, at the latest. */
  touchedMs: number
  /** Groups under way that name the bucket. */
  asked: number
  /** The telling that is under way. */
  telling: Telling | undefined
}

/** One message of how many places the process holds: it counts those that were being asked for before it. */
interface Telling {
  readonly turn: number
  /** Of these, what was refused meanwhile. */
  refused: number
}

/** Places that are being asked for. */
export interface Ticket {
  readonly hold: Hold
  readonly cost: number
  readonly turn: number
  readonly atMs: number
}

/** Buckets of which nothing is held, and Redis may count something: beyond, their leases end. */
const MAX_UNSURE = 10_000
/** How soon Redis is told again where it may count otherwise. */
const MOST_UNSURE_MS = 1_000

/**
 * The places that this process holds, which is the truth that its entries in Redis follow: they are told it before a third
 * of their lease has gone, and as soon as an answer was lost. Bounded by what is under way.
 */
export class Holds {
  readonly #batches: Pick<Batches, 'add'>
  readonly #isAway: () => boolean
  readonly #holds = new Map<string, Hold>()
  #shortestLeaseMs = Number.POSITIVE_INFINITY
  #turn = 0
  #timer: NodeJS.Timeout | undefined
  #wakeAtMs = Number.POSITIVE_INFINITY

  /** @param isAway - Whether telling Redis is of no use now. */
  constructor(batches: Pick<Batches, 'add'>, isAway: () => boolean) {
    this.#batches = batches
    this.#isAway = isAway
  }

  /** Buckets in which it holds places, or of which Redis may think so. */
  get size(): number {
    return this.#holds.size
  }

  count(request: BucketRequest): number {
    return this.#holds.get(bucketName(request))?.count ?? 0
  }

  /** Before places are asked for. Redis is told first what it may not know. */
  ask({ rule, key, cost }: BucketRequest): Ticket {
    const hold = this.#holdOf(rule as ConcurrencyRule, key)
    if (hold.isUnsure && hold.telling === undefined) this.#tell(hold)
    hold.count += cost
    hold.asked++
    return { hold, cost, turn: ++this.#turn, atMs: performance.now() }
  }

  /** @param isSure - False where they may have been given twice. */
  given({ hold, atMs }: Ticket, isSure: boolean): void {
    hold.asked--
    hold.touchedMs = Math.max(hold.touchedMs, atMs)
    if (!isSure) this.#doubt(hold)
    else this.#forgetIfDone(hold) // given back before it was known to be given
  }

  refused({ hold, cost, turn }: Ticket, isSure: boolean): void {
    hold.asked--
    hold.count -= cost
    if (hold.telling !== undefined && turn < hold.telling.turn) hold.telling.refused += cost
    if (isSure) this.#forgetIfDone(hold)
    else this.#doubt(hold)
  }

  /** Nobody knows whether they were given. */
  lost({ hold, cost }: Ticket): void {
    hold.asked--
    hold.count -= cost
    this.#doubt(hold)
  }

  /** Taken while Redis is away: it is told once it is back. */
  admit({ rule, key, cost }: BucketRequest): void {
    const hold = this.#holdOf(rule as ConcurrencyRule, key)
    hold.count += cost
    this.#doubt(hold)
  }

  /** Gives places back, or takes some that were not asked for; never more back than are held. */
  correct({ rule, key, cost }: BucketRequest): void {
    const hold = cost > 0 ? this.#holdOf(rule as ConcurrencyRule, key) : this.#holds.get(bucketName({ rule, key }))
    if (hold === undefined) return
    const change = Math.max(cost, -hold.count)
    hold.count += change
    if (this.#isAway()) this.#doubt(hold)
    else if (hold.isUnsure && hold.telling === undefined)
      this.#tell(hold) // which says this as well
    else if (change !== 0) this.#change(hold, change)
  }

  #change(hold: Hold, cost: number): void {
    const atMs = performance.now()
    hold.asked++
    this.#batches.add({
      kind: 'correct',
      requests: [{ rule: hold.rule, key: hold.key, cost }],
      done: (_states, isSure) => {
        hold.asked--
        hold.touchedMs = Math.max(hold.touchedMs, atMs)
        if (isSure) this.#forgetIfDone(hold)
        else this.#doubt(hold)
      },
      failed: () => {
        hold.asked--
        this.#doubt(hold)
      },
    })
  }

  #holdOf(rule: ConcurrencyRule, key: string): Hold {
    const name = bucketName({ rule, key })
    const known = this.#holds.get(name)
    if (known !== undefined) return known
    const nowMs = performance.now()
    const hold: Hold = {
      rule,
      key,
      count: 0,
      isUnsure: false,
      unsureMs: nowMs,
      touchedMs: nowMs,
      asked: 0,
      telling: undefined,
    }
    this.#holds.set(name, hold)
    this.#shortestLeaseMs = Math.min(this.#shortestLeaseMs, rule.leaseMs)
    this.#wakeIn(this.#shortestLeaseMs / 6)
    return hold
  }

  #doubt(hold: Hold): void {
    hold.isUnsure = true
    hold.unsureMs = performance.now()
    if (hold.count === 0 && hold.asked === 0 && this.#holds.size > MAX_UNSURE) this.#drop(hold)
    else this.#wakeIn(Math.min(MOST_UNSURE_MS, this.#shortestLeaseMs / 6))
  }

  /** Where those who ask are refused meanwhile, Redis is told how many fewer there are: it has counted them by then. */
  #tell(hold: Hold): void {
    const atMs = performance.now()
    const telling: Telling = { turn: ++this.#turn, refused: 0 }
    hold.telling = telling
    hold.isUnsure = false
    hold.asked++
    this.#batches.add({
      kind: 'hold',
      requests: [{ rule: hold.rule, key: hold.key, cost: hold.count }],
      done: (_states, isSure) => {
        hold.asked--
        hold.telling = undefined
        hold.touchedMs = Math.max(hold.touchedMs, atMs)
        if (!isSure) this.#doubt(hold)
        else if (telling.refused > 0) this.#change(hold, -telling.refused)
        else this.#forgetIfDone(hold)
      },
      failed: () => {
        hold.asked--
        hold.telling = undefined
        this.#doubt(hold)
      },
    })
  }

  #forgetIfDone(hold: Hold): void {
    if (hold.count === 0 && !hold.isUnsure && hold.asked === 0) this.#drop(hold)
  }

  #drop(hold: Hold): void {
    this.#holds.delete(bucketName(hold))
    if (this.#holds.size > 0) return
    clearTimeout(this.#timer)
    this.#wakeAtMs = Number.POSITIVE_INFINITY
  }

  #wakeIn(delayMs: number): void {
    const atMs = performance.now() + delayMs
    if (atMs >= this.#wakeAtMs) return
    clearTimeout(this.#timer)
    this.#wakeAtMs = atMs
    this.#timer = setTimeout(() => this.#wake(), delayMs).unref()
  }

  #wake(): void {
    this.#wakeAtMs = Number.POSITIVE_INFINITY
    const nowMs = performance.now()
    let isUnsure = false
    for (const hold of this.#holds.values()) {
      const ageMs = nowMs - hold.touchedMs
      const isOver = hold.count === 0 && hold.asked === 0 && nowMs - hold.unsureMs > hold.rule.leaseMs
      if (isOver) this.#drop(hold)
      else if ((hold.isUnsure || ageMs >= hold.rule.leaseMs / 6) && hold.telling === undefined && !this.#isAway()) {
        this.#tell(hold)
      }
      isUnsure ||= hold.isUnsure
    }
    if (this.#holds.size === 0) return
    this.#wakeIn(Math.min(this.#shortestLeaseMs / 6, isUnsure ? MOST_UNSURE_MS : Number.POSITIVE_INFINITY))
  }
}
