import { expect, test } from 'vitest'
import { burst, remaining, times } from '../src/index.js'

test('a burst comes at once, in order, and what met a limit was not admitted', async () => {
  let inFlight = 0
  const send = async (status: number) => {
    inFlight++
    await new Promise(setImmediate)
    return { status, headers: {}, inFlight }
  }
  const { admitted, answers, elapsedMs } = await burst({ send }, [200, 429, 401, 503, 429])
  expect(answers.map(({ status }) => status)).toEqual([200, 429, 401, 503, 429])
  expect(answers.every((answer) => answer.inFlight === 5)).toBe(true)
  expect(admitted).toBe(3)
  expect(elapsedMs).toBeGreaterThan(0)
})

test('times', () => expect(times(3, (index) => index * 2)).toEqual([0, 2, 4]))

test.each<[field: string | undefined, expected: number]>([
  ['"address";r=7;t=1, "principal";r=12;t=3', 12],
  ['"principal";r=0;t=3', 0],
  ['"address";r=7;t=1', Number.NaN],
  [undefined, Number.NaN],
])('what remains by %j', (field, expected) => {
  const headers: Record<string, string> = field === undefined ? {} : { ratelimit: field }
  expect(remaining({ headers }, 'principal')).toBe(expected)
})
