/** Clocks of processes differ: what has left by the clock of one is asked for by another that is behind. */
const SKEW_MS = 5_000

/**
 * For how long Redis has to know it, in its own time: no clock of a process has a say in when it leaves.
 *
 * @throws TypeError for a time that is none.
 */
export function ttlOf(untilMs: number, nowMs: number): number {
  if (!Number.isFinite(untilMs)) throw new TypeError(`untilMs must be finite, got ${untilMs}`)
  if (!Number.isFinite(nowMs)) throw new TypeError(`nowMs must be finite, got ${nowMs}`)
  return Math.min(Math.ceil(untilMs - nowMs) + SKEW_MS, Number.MAX_SAFE_INTEGER)
}
