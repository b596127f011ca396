import type { BucketRequest, BucketState } from 'wardline'
import type { Script } from '../script.js'
import { bucketKey, bucketName } from './bucket-key.js'
import { statesOf } from './reply.js'
import { ruleArgs } from './rules.js'

/** What batches need of the link. */
export interface ScriptRunner {
  readonly prefix: string
  /** Whether it fails at once, and sends nothing. */
  readonly isOpen: boolean
  readonly run: (script: Script, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>
  readonly stats: () => { readonly retries: number }
}

/** What is asked of the script. `take` takes all or none; `correct` and `hold` are of one bucket, and answer nothing. */
export interface Group {
  readonly kind: 'take' | 'correct' | 'hold'
  readonly requests: readonly BucketRequest[]
  /** @param isSure - False where the script may have run twice. */
  readonly done: (states: readonly BucketState[], isSure: boolean) => void
  readonly failed: (cause: unknown) => void
}

/** So few buckets are one call. */
const SMALL = 24

/** Gathers what is asked in one turn of the event loop, and asks it by few calls of the script, in order. */
export class Batches {
  readonly #link: ScriptRunner
  readonly #script: Script
  readonly #processId: string
  readonly #most: number
  #groups: Group[] = []
  /** Script calls so far. */
  calls = 0

  /**
   * @param processId - Whose places are counted: 8 characters.
   * @param most - Buckets in one call, where one group does not have more.
   */
  constructor(link: ScriptRunner, script: Script, processId: string, most: number) {
    this.#link = link
    this.#script = script
    this.#processId = processId
    this.#most = most
  }

  add(group: Group): void {
    // In microtasks, each request of the turn would be alone: the sockets are read one after the other.
    if (this.#groups.length === 0) setImmediate(() => this.#flush())
    this.#groups.push(group)
  }

  #flush(): void {
    const groups = this.#groups
    this.#groups = []
    const most = this.#sizeFor(groups)
    for (let from = 0; from < groups.length; ) {
      let buckets = groups[from]!.requests.length
      let to = from + 1
      while (to < groups.length && buckets + groups[to]!.requests.length <= most) {
        buckets += groups[to++]!.requests.length
      }
      this.#send(groups.slice(from, to))
      from = to
    }
  }

  /** In halves: the server decides the one while this process writes, or reads, the other. A third faster at 50 at once. */
  #sizeFor(groups: readonly Group[]): number {
    const buckets = groups.reduce((sum, { requests }) => sum + requests.length, 0)
    return Math.min(this.#most, Math.max(SMALL, Math.ceil(buckets / 2)))
  }

  #send(groups: readonly Group[]): void {
    this.calls++
    const { keys, args } = this.#encoded(groups)
    const before = this.#link.stats().retries
    this.#link.run(this.#script, keys, args).then(
      (answer) => this.#tell(groups, answer, this.#link.stats().retries === before),
      (cause) => fail(groups, cause),
    )
  }

  #encoded(groups: readonly Group[]): { keys: string[]; args: (string | number)[] } {
    const indices = new Map<BucketRequest['rule'], number>()
    const keys: string[] = []
    const asked: string[] = []
    for (const { kind, requests } of groups) {
      for (let at = 0; at < requests.length; at++) {
        const request = requests[at]!
        let index = indices.get(request.rule)
        if (index === undefined) {
          index = indices.size + 1
          indices.set(request.rule, index)
        }
        keys.push(bucketKey(this.#link.prefix, bucketName(request)))
        asked.push(`${index}:${request.cost}${kind !== 'take' ? LETTERS[kind] : at < requests.length - 1 ? '+' : ''}`)
      }
    }
    const rules = [...indices.keys()].flatMap(ruleArgs)
    return { keys, args: [this.#processId, indices.size, ...rules, ...asked] }
  }

  /** Nobody is told before all of the answer is understood. */
  #tell(groups: readonly Group[], answer: unknown, isSure: boolean): void {
    const counts = groups.map(({ kind, requests }) => (kind === 'take' ? requests.length : 0))
    let states: readonly BucketState[]
    try {
      states = statesOf(
        answer,
        counts.reduce((sum, count) => sum + count, 0),
      )
    } catch (cause) {
      fail(groups, cause)
      return
    }
    let at = 0
    groups.forEach(({ done }, index) => {
      done(states.slice(at, at + counts[index]!), isSure)
      at += counts[index]!
    })
  }
}

const LETTERS = { correct: 'c', hold: 'h' } as const

function fail(groups: readonly Group[], cause: unknown): void {
  for (const { failed } of groups) failed(cause)
}
