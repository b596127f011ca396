import { randomBytes } from 'node:crypto'
import type { BucketRequest, BucketState, MaybePromise, RateLimitStore } from 'wardline'
import { StoreUnavailable } from '../failure.js'
import type { RedisLink } from '../link.js'
import { shown } from '../options.js'
import { script } from '../script.js'
import { Batches, type ScriptRunner } from './batches.js'
import { Denials } from './denials.js'
import { AllowAll, CountHere, type Fallback } from './fallback.js'
import { Holds, type Ticket } from './holds.js'
import { LIMIT_SCRIPT } from './lua/index.js'
import { type CheckedOptions, checkedOptions, type OnUnavailable, type RedisRateLimitOptions } from './options.js'
import { ruleArgs } from './rules.js'

/** Counts since the start, and how it stands, for metrics. */
export interface RedisRateLimitStats {
  /** Requests that were asked of Redis. */
  readonly requests: number
  /** Script calls that did so. */
  readonly calls: number
  /** Requests that were refused without asking, since a refusal of theirs has not ended. */
  readonly remembered: number
  /** Requests that Redis gave no answer for: `onUnavailable` says what became of them. */
  readonly unavailable: number
  /** Corrections that may not have reached Redis; places apart, which it is told again. */
  readonly failedCorrections: number
  /** Buckets in which this process holds places, or may hold some as far as Redis knows. */
  readonly held: number
}

/** Limits that processes share by Redis. */
export interface RedisRateLimitStore extends RateLimitStore {
  /** Counts since the start, and how it stands. */
  readonly stats: () => RedisRateLimitStats
}

const SCRIPT = script(LIMIT_SCRIPT)

/**
 * Counts in Redis, by the clock of Redis. All limits of a request are one script call, which takes all or none; requests of
 * one turn of the event loop share calls. Refusals are remembered until they end, so that who asks again does not reach Redis.
 *
 * @param link - The way to Redis.
 * @throws TypeError for what is no link, and for an option out of its range.
 */
export function redisRateLimitStore(link: RedisLink, options: RedisRateLimitOptions = {}): RedisRateLimitStore {
  if (typeof link?.run !== 'function')
    throw new TypeError(`redisRateLimitStore(): link must be a RedisLink, got ${shown(link)}`)
  return new RedisStore(link, checkedOptions(options))
}

class RedisStore implements RedisRateLimitStore {
  readonly #link: ScriptRunner
  readonly #batches: Batches
  readonly #denials: Denials
  readonly #holds: Holds
  readonly #fallback: Fallback | undefined
  #requests = 0
  #remembered = 0
  #unavailable = 0
  #failedCorrections = 0

  constructor(link: ScriptRunner, { onUnavailable, maxRemembered, maxBatch }: CheckedOptions) {
    this.#link = link
    this.#batches = new Batches(link, SCRIPT, randomBytes(6).toString('base64url'), maxBatch)
    this.#denials = new Denials(maxRemembered, () => performance.now())
    this.#holds = new Holds(this.#batches, () => link.isOpen)
    this.#fallback = fallbackOf(onUnavailable, this.#holds)
  }

  readonly look = (request: BucketRequest): BucketState | undefined => this.#denials.look(request)

  readonly take = (requests: readonly BucketRequest[], nowMs: number): MaybePromise<readonly BucketState[]> => {
    const refused = this.#denials.answer(requests)
    if (refused !== undefined) {
      this.#remembered++
      return refused
    }
    return this.#link.isOpen
      ? this.#withoutRedis(requests, nowMs, new StoreUnavailable('open'))
      : this.#ask(requests, nowMs)
  }

  readonly correct = (requests: readonly BucketRequest[], nowMs: number): void => {
    for (const request of requests) {
      if (!Number.isSafeInteger(request.cost)) this.#failedCorrections++
      else if (request.rule.algorithm === 'concurrency') this.#holds.correct(request)
      else if (request.cost > 0 || request.rule.algorithm === 'backoff') this.#correctOne(request, nowMs)
    }
  }

  readonly stats = (): RedisRateLimitStats => ({
    requests: this.#requests,
    calls: this.#batches.calls,
    remembered: this.#remembered,
    unavailable: this.#unavailable,
    failedCorrections: this.#failedCorrections,
    held: this.#holds.size,
  })

  #ask(requests: readonly BucketRequest[], nowMs: number): Promise<readonly BucketState[]> {
    assertSound(requests)
    this.#requests++
    const tickets: Ticket[] = []
    for (const request of requests) {
      if (request.rule.algorithm === 'concurrency' && request.cost > 0) tickets.push(this.#holds.ask(request))
    }
    return new Promise((resolve) => {
      this.#batches.add({
        kind: 'take',
        requests,
        done: (states, isSure) => {
          const isTaken = states.every(({ allowed }) => allowed)
          for (const ticket of tickets) this.#holds[isTaken ? 'given' : 'refused'](ticket, isSure)
          if (!isTaken) this.#denials.note(requests, states)
          resolve(states)
        },
        failed: (cause) => {
          for (const ticket of tickets) this.#holds.lost(ticket)
          // What throws here rejects for this request, and for none beside it.
          resolve(new Promise((settle) => settle(this.#withoutRedis(requests, nowMs, cause))))
        },
      })
    })
  }

  #withoutRedis(
    requests: readonly BucketRequest[],
    nowMs: number,
    cause: unknown,
  ): MaybePromise<readonly BucketState[]> {
    this.#unavailable++
    return this.#fallback === undefined ? Promise.reject(cause) : this.#fallback.take(requests, nowMs)
  }

  /** A failure taken back ends a wait: what is remembered of it holds no more. */
  #correctOne(request: BucketRequest, nowMs: number): void {
    if (request.cost < 0) this.#denials.forget(request)
    const failed = () => {
      this.#failedCorrections++
      this.#fallback?.correct(request, nowMs)
    }
    if (this.#link.isOpen) failed()
    else this.#batches.add({ kind: 'correct', requests: [request], done: () => {}, failed })
  }
}

/** What the script would stumble over, it would for all requests of the call. */
function assertSound(requests: readonly BucketRequest[]): void {
  for (const { rule, key, cost } of requests) {
    if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${shown(key)}`)
    if (!Number.isSafeInteger(cost) || cost < 0)
      throw new TypeError(`cost must be an integer from 0, got ${shown(cost)}`)
    ruleArgs(rule)
  }
}

function fallbackOf(policy: OnUnavailable, holds: Holds): Fallback | undefined {
  if (policy === 'deny') return undefined
  return policy === 'allow' ? new AllowAll(holds) : new CountHere(holds, policy.local)
}
