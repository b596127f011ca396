import type { BucketRequest, BucketState, TokenBucketRule } from '../../src/index.js'
import { TokenBucket } from './token-bucket.js'

const bucketOf = ({ rule }: BucketRequest) => new TokenBucket(rule as TokenBucketRule)

interface Entry {
  readonly name: string
  readonly bucket: TokenBucket
}

const nameOf = ({ rule, key }: BucketRequest) => `${rule.id}:${key}`

/** What the memory store promises, drawn by hand: token buckets in two lists that are searched from the front. */
export class SlowStore {
  /** The longest unused first. */
  #open: Entry[] = []
  /** Those that have run empty and are not full again. */
  #spent: Entry[] = []
  #takenMs = Number.NEGATIVE_INFINITY
  readonly #maxKeys: number

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  look(request: BucketRequest, nowMs: number): BucketState | undefined {
    const bucket = this.#find(request)?.bucket ?? bucketOf(request)
    if (nowMs < this.#takenMs || bucket.owes(nowMs)) return undefined
    return asFound(bucket, bucket.copy().take(request.cost, nowMs), nowMs)
  }

  /** Whether no other bucket can give way to a new one. */
  isFullFor(request: BucketRequest, nowMs: number): boolean {
    const isTaken = this.#open.length === 0 && this.#spent.length === this.#maxKeys
    return isTaken && this.#find(request) === undefined && this.#spent.every(({ bucket }) => !bucket.isFull(nowMs))
  }

  /** `no room` when only spent buckets are left to give way. */
  take(requests: readonly BucketRequest[], nowMs: number): readonly BucketState[] | 'no room' {
    this.#takenMs = nowMs
    const drafts = new Map<string, TokenBucket>()
    const states = requests.map((request) => {
      const draft = drafts.get(nameOf(request)) ?? this.#find(request)?.bucket.copy() ?? bucketOf(request)
      drafts.set(nameOf(request), draft)
      return draft.take(request.cost, nowMs)
    })
    if (states.some(({ allowed }) => !allowed)) {
      return requests.map((request, index) => {
        const entry = this.#find(request)
        if (entry?.bucket.owes(nowMs)) this.#use(request, 0, nowMs)
        return asFound(entry?.bucket ?? bucketOf(request), states[index]!, nowMs)
      })
    }
    if (!this.#makeRoom(requests, nowMs)) return 'no room'
    for (const request of requests) this.#use(request, request.cost, nowMs)
    return states
  }

  #find(request: BucketRequest): Entry | undefined {
    return [...this.#open, ...this.#spent].find(({ name }) => name === nameOf(request))
  }

  #use(request: BucketRequest, cost: number, nowMs: number): void {
    const entry = this.#find(request) ?? { name: nameOf(request), bucket: bucketOf(request) }
    const wasSpent = this.#spent.includes(entry) && !entry.bucket.isFull(nowMs)
    entry.bucket.take(cost, nowMs)
    this.#open = without(this.#open, entry)
    if (!wasSpent && entry.bucket.holds(request.cost, nowMs)) {
      this.#spent = without(this.#spent, entry)
      this.#open.push(entry)
    } else if (!this.#spent.includes(entry)) {
      this.#spent.push(entry)
    }
  }

  #makeRoom(requests: readonly BucketRequest[], nowMs: number): boolean {
    const isAsked = ({ name }: Entry) => requests.some((request) => nameOf(request) === name)
    const fresh = () => new Set(requests.filter((request) => this.#find(request) === undefined).map(nameOf)).size
    if (fresh() === 0) return true
    if (this.#open.length + this.#spent.length + fresh() > this.#maxKeys / 2) this.#sweep(nowMs)
    while (this.#open.length + this.#spent.length + fresh() > this.#maxKeys) {
      const oldest = this.#open.find((entry) => !isAsked(entry))
      if (oldest !== undefined) {
        this.#open = without(this.#open, oldest)
        continue
      }
      for (const { bucket } of this.#spent) if (bucket.owes(nowMs)) bucket.take(0, nowMs)
      const counting = this.#spent.filter(({ bucket }) => !bucket.isFull(nowMs))
      if (counting.length === this.#spent.length) return false
      this.#spent = counting
    }
    return true
  }

  /** Looks at two of each list. */
  #sweep(nowMs: number): void {
    const [first, second, ...others] = this.#open
    const counting = [first, second].filter((entry) => entry !== undefined && !entry.bucket.isFull(nowMs)) as Entry[]
    this.#open = [...counting, ...others]
    for (let looked = 0; looked < 2; looked++) {
      const entry = this.#spent.shift()
      if (entry !== undefined && !entry.bucket.isFull(nowMs)) this.#spent.push(entry)
    }
  }
}

const without = (entries: readonly Entry[], entry: Entry): Entry[] => entries.filter((other) => other !== entry)

/** A bucket as it stands, with the answer that asking it had. */
const asFound = (bucket: TokenBucket, { allowed, retryAfterMs }: BucketState, nowMs: number): BucketState => ({
  ...bucket.copy().take(0, nowMs),
  allowed,
  retryAfterMs,
})
