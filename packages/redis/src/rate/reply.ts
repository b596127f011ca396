import type { BucketState } from 'wardline'

/** What the script answers about one bucket: until it fits, what is left, until all is there again. */
const NUMBERS = 3

/**
 * The states in the script's answer to `count` requests.
 *
 * @throws TypeError for an answer of another form: what is not understood allows nothing.
 */
export function statesOf(answer: unknown, count: number): readonly BucketState[] {
  if (!Array.isArray(answer) || answer.length !== NUMBERS * count) throw wrong()
  const states: BucketState[] = []
  for (let at = 0; at < answer.length; at += NUMBERS) {
    const retryAfterMs = wholeNumber(answer[at])
    states.push({
      allowed: retryAfterMs === 0,
      remaining: wholeNumber(answer[at + 1]),
      retryAfterMs,
      resetMs: wholeNumber(answer[at + 2]),
    })
  }
  return states
}

/** As much as is exact; clients may be set up to give integers as strings. */
const INTEGER = /^\d{1,16}$/

function wholeNumber(value: unknown): number {
  const number = typeof value === 'string' && INTEGER.test(value) ? Number(value) : value
  if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number
  throw wrong()
}

const wrong = () => new TypeError('the answer of the rate limit script is not one')
