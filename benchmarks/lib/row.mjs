import { byRound, summary } from './statistics.mjs'

/**
 * One measurement of a case: readings of every contender, and what they are held to.
 *
 * A goal is `{ what, of, atMost | atLeast, check }`: `of` makes one figure of the readings of a round; `check` is the wide
 * bound that `npm run bench:check` holds it to, where it is asked at all.
 */
export function row({ name, unit, readings, goals = [] }) {
  return {
    name,
    unit,
    results: Object.fromEntries(Object.entries(readings).map(([contender, values]) => [contender, summary(values)])),
    goals: goals
      .map(({ what, of, atMost, atLeast, check }) => ({
        what,
        ...summary(byRound(readings, of)),
        goal: atMost ?? atLeast,
        check,
        isLeast: atLeast !== undefined,
      }))
      .filter(({ median }) => Number.isFinite(median)), // a check runs without the peers
  }
}

/** How many times the floor. */
export const timesFloor = (atMost, check) => ({
  what: 'times the floor',
  of: ({ wardline, floor }) => wardline / floor,
  atMost,
  check,
})
