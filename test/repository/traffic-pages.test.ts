import { expect, test } from 'vitest'
import { all, challenge, decide, defineGuard, failureLimit } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { read } from './sources.js'

const PAGE = read('docs/traffic/failure-limit.md')
const DAY_MS = 86_400_000
const START_MS = 1_700_000_000_000

/** The limit that the page speaks of, and a guesser who is never right. */
const guesser = () => {
  const wrong = defineGuard({ name: 'wrong', check: () => challenge('key_unknown', { scheme: 'ApiKey' }) })
  const policy = all(failureLimit({ name: 'keys', failures: 5, windowMs: 3_600_000 }), wrong)
  return async (atMs: number): Promise<number> => {
    const decision = await decide(policy, contextFor({ nowMs: START_MS + atMs }))
    return 'retryAfterSeconds' in decision ? (decision.retryAfterSeconds ?? 0) : 0
  }
}

test('the waits that the page on failureLimit lists are those after each failure', async () => {
  const guess = guesser()
  const ahead: number[] = [] // of each failure, the wait before it
  for (let atMs = 0, waited = 0; ahead.length < 18; ) {
    const waitSeconds = await guess(atMs)
    atMs += waitSeconds * 1000
    if (waitSeconds === 0) ahead.push(waited)
    waited = waitSeconds
  }
  const listed = /^\| failure \|(.*)\|\n.*\n\| the next attempt waits \|(.*)\|$/m.exec(PAGE)!
  const [failures, seconds] = listed.slice(1).map((cells) => cells.split('|').map((cell) => Number.parseInt(cell, 10)))
  expect(failures!.length).toBeGreaterThan(8)
  for (const [at, failure] of failures!.entries()) expect(ahead[failure], `after ${failure}`).toBe(seconds![at])
})

test('the guesses a day that it tells are what a guesser gets', async () => {
  const guess = guesser()
  const perDay = [0, 0, 0]
  for (let atMs = 0; atMs < 3 * DAY_MS; ) {
    const waitSeconds = await guess(atMs)
    if (waitSeconds === 0) perDay[Math.floor(atMs / DAY_MS)]!++
    else atMs += waitSeconds * 1000
  }
  expect(perDay[1]).toBe(perDay[2])
  expect(PAGE.replaceAll('\n', ' ')).toContain(
    `has ${perDay[0]} guesses on the first day and ${perDay[1]} on each that follows`,
  )
})
