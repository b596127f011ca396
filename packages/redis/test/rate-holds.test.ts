import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Group } from '../src/rate/batches.js'
import { Holds, type Ticket } from '../src/rate/holds.js'
import { ask, placesRule } from './rate-support.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const LIMIT = 4
const rule = placesRule({ limit: LIMIT, leaseMs: 6_000 })

/** A server that runs what it is sent in order, at the far end of a way on which questions and answers are lost. */
class Server {
  readonly #sent: Group[] = []
  readonly #answers: (() => void)[] = []
  own = 0
  /** Places of other processes. */
  others = 0

  readonly add = (group: Group): void => void this.#sent.push(group)

  get isIdle(): boolean {
    return this.#sent.length + this.#answers.length === 0
  }

  run(fate: 'answered' | 'answer lost' | 'lost'): void {
    const group = this.#sent.shift()
    if (group === undefined) return
    const isIn = fate === 'lost' || this.#decide(group)
    const state = { allowed: isIn, remaining: 0, retryAfterMs: 0, resetMs: 0 }
    this.#answers.push(fate === 'answered' ? () => group.done([state], true) : () => group.failed(new Error(fate)))
  }

  answer(): void {
    this.#answers.shift()?.()
  }

  #decide({ kind, requests }: Group): boolean {
    const { cost } = requests[0]!
    if (kind === 'take' && this.own + this.others + cost > LIMIT) return false
    this.own = kind === 'hold' ? cost : Math.max(0, this.own + cost)
    return true
  }
}

/** A process that takes places and gives them back, as the store does. */
class Process {
  readonly #server: Server
  readonly holds: Holds
  isAway = false
  /** Places of requests that were let in, and are under way. */
  underWay = 0

  constructor(server: Server) {
    this.#server = server
    this.holds = new Holds(server, () => this.isAway)
  }

  take(cost: number): void {
    if (this.isAway) {
      this.holds.admit(ask(rule, 'a', cost))
      this.underWay += cost
      return
    }
    const ticket: Ticket = this.holds.ask(ask(rule, 'a', cost))
    this.#server.add({
      kind: 'take',
      requests: [ask(rule, 'a', cost)],
      done: ([state], isSure) => {
        if (!state!.allowed) return this.holds.refused(ticket, isSure)
        this.holds.given(ticket, isSure)
        this.underWay += cost
      },
      failed: () => this.holds.lost(ticket),
    })
  }

  giveBack(cost: number): void {
    const back = Math.min(cost, this.underWay)
    if (back === 0) return
    this.underWay -= back
    this.holds.correct(ask(rule, 'a', -back))
  }
}

const someStep = fc.oneof(
  fc.record({ what: fc.constant('take' as const), cost: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ what: fc.constant('give back' as const), cost: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    what: fc.constant('run' as const),
    fate: fc.constantFrom('answered', 'answered', 'answer lost', 'lost'),
  }),
  fc.record({ what: fc.constant('answer' as const) }),
  fc.record({ what: fc.constant('others' as const), count: fc.nat(LIMIT) }),
  fc.record({ what: fc.constant('away' as const), isAway: fc.boolean() }),
  fc.record({ what: fc.constant('wait' as const), ms: fc.nat(1_500) }),
  fc.record({ what: fc.constant('forget' as const) }),
)

function drain(server: Server): void {
  while (!server.isIdle) {
    server.run('answered')
    server.answer()
  }
}

test('whatever is lost on the way, Redis counts what the process holds in the end, and never less where it was told', () =>
  fc.assert(
    fc.property(fc.array(someStep, { minLength: 5, maxLength: 80 }), (steps) => {
      const server = new Server()
      const process = new Process(server)
      let isToldAll = true // nothing was allowed without Redis, and Redis has forgotten nothing
      for (const step of steps) {
        if (step.what === 'take') process.take(step.cost)
        if (step.what === 'give back') process.giveBack(step.cost)
        if (step.what === 'run') server.run(step.fate)
        if (step.what === 'answer') server.answer()
        if (step.what === 'others') server.others = step.count
        if (step.what === 'away') process.isAway = step.isAway
        if (step.what === 'wait') vi.advanceTimersByTime(step.ms)
        if (step.what === 'forget') server.own = 0
        if (step.what === 'forget' || process.isAway) isToldAll = false
        if (isToldAll) expect(server.own).toBeGreaterThanOrEqual(process.underWay)
      }
      process.isAway = false
      drain(server)
      for (let i = 0; i < 3; i++) {
        vi.advanceTimersByTime(rule.leaseMs / 3)
        drain(server)
      }
      expect(server.own).toBe(process.underWay)
      process.giveBack(process.underWay)
      drain(server)
      expect(server.own).toBe(0)
      expect(process.holds.size).toBe(0)
      expect(vi.getTimerCount()).toBe(0)
    }),
    { numRuns: 2_000 },
  ))

test('leases are renewed within a third of their time', () => {
  const server = new Server()
  const process = new Process(server)
  process.take(2)
  drain(server)
  for (let i = 0; i < 10; i++) {
    server.own = 0
    vi.advanceTimersByTime(rule.leaseMs / 3)
    drain(server)
    expect(server.own).toBe(2)
  }
})
