import assert from 'node:assert/strict'

/**
 * Shows, before anything is timed, that a contender does the work: it lets every `good` input pass and refuses every
 * `bad` one, by answering so or by throwing.
 */
export async function proven(call, { good, bad }) {
  for (const input of good) assert.equal(await accepts(call, input), true, `refused what is good: ${shown(input)}`)
  for (const input of bad) assert.equal(await accepts(call, input), false, `accepted what is bad: ${shown(input)}`)
  return call
}

/** An answer is a decision of wardline, or the value that was asked for. */
async function accepts(call, input) {
  try {
    const answer = await call(input)
    return Boolean(answer?.allowed ?? answer)
  } catch {
    return false
  }
}

const shown = (input) => String(input).slice(0, 200)
