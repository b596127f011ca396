/** Whether it is less than `forMs` ago. What a clock that was put back says of the time to come is not believed. */
export const isFresh = (sinceMs: number | undefined, forMs: number, nowMs: number): boolean =>
  sinceMs !== undefined && sinceMs <= nowMs && nowMs < sinceMs + forMs

/**
 * Whether it is less than `forMs` from now, to either side: for what must not be done again for one who looked at the clock
 * a little before. A clock that was put back makes it last no longer than twice.
 */
export const isRecent = (sinceMs: number | undefined, forMs: number, nowMs: number): boolean =>
  sinceMs !== undefined && Math.abs(nowMs - sinceMs) < forMs
