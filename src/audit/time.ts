/** Everything before the milliseconds of the second that was asked for last. */
let second = Number.NaN
let head = ''

/**
 * A time as ISO 8601, in UTC, as `Date` writes it. The date is written out once a second: doing so for every event costs as
 * much as all the rest of the event.
 *
 * @throws RangeError for a time that is none.
 */
export function isoTime(nowMs: number): string {
  const whole = Math.trunc(nowMs)
  const now = Math.floor(whole / 1000)
  if (now !== second) {
    head = new Date(nowMs).toISOString().slice(0, -'000Z'.length)
    second = now
  }
  return `${head}${String(whole - now * 1000).padStart(3, '0')}Z`
}
