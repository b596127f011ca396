import { setTimeout } from 'node:timers/promises'

/**
 * Microseconds an operation for each contender, all of them in turn, round by round, so that a slow moment of the machine
 * meets everyone. `inputs` makes the arguments of one round outside the clock, new for each: a string that came from a
 * socket has no hash yet. It may be asynchronous.
 *
 * @param contenders - By name, what makes the operation: `() => call` or, where something stays open, `() => ({ call,
 *   close })`, with `call: (input) => result`. All of them may be asynchronous.
 * @param operations - How many operations one call stands for.
 */
export async function timed(contenders, { rounds, inputs = () => REPEATED, operations = 1 }) {
  const entries = []
  for (const [name, make] of Object.entries(contenders)) {
    const made = await make()
    entries.push({ name, readings: [], ...(typeof made === 'function' ? { call: made } : made) })
  }
  for (const entry of entries) entry.round = await warm(entry.call, inputs)
  for (let round = 0; round < rounds; round++) {
    const from = round % entries.length
    for (const { call, round, readings } of [...entries.slice(from), ...entries.slice(0, from)]) {
      readings.push(await measured(round, call, await inputs(), operations))
    }
  }
  for (const { close } of entries) await close?.()
  return Object.fromEntries(entries.map(({ name, readings }) => [name, readings]))
}

const REPEATED = Array.from({ length: 5_000 }, (_, index) => index)
const WARM_MS = 300

/** Until the code is compiled; gives the kind of round that the contender's answers need. */
async function warm(call, inputs) {
  const first = call((await inputs())[0])
  const round = typeof first?.then === 'function' ? asynchronous : synchronous
  await first
  const until = performance.now() + WARM_MS
  while (performance.now() < until) await round(call, await inputs())
  return round
}

/**
 * No garbage is collected by command: V8 then forgets the shapes of objects that nobody holds, and with them the code
 * compiled for those shapes, so that a round would measure the compiler.
 */
async function measured(round, call, inputs, operations) {
  await setTimeout(2) // a process that wakes is not soon put aside, one that has been busy is
  const startedMs = performance.now()
  const waiting = round(call, inputs)
  if (waiting !== undefined) await waiting
  return ((performance.now() - startedMs) * 1000) / (inputs.length * operations)
}

function synchronous(call, inputs) {
  for (const input of inputs) kept = call(input)
}

async function asynchronous(call, inputs) {
  for (const input of inputs) await call(input)
}

/** Results go somewhere, so that no call is for nothing. */
export let kept
