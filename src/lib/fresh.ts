/**
 * Whether it is less than `forMs` ago: no longer, also by a clock that was put back since. Times come from the arrivals of
 * requests, so one may be asked about that arrived before.
 */
export const isFresh = (sinceMs: number, forMs: number, nowMs: number): boolean =>
  sinceMs <= nowMs && nowMs < sinceMs + forMs

/**
 * Whether it is less than `forMs` from now, to either side: for what must not be done again for requests that arrived a
 * little before. A clock that was put back makes it last no longer than twice.
 */
export const isRecent = (sinceMs: number, forMs: number, nowMs: number): boolean => Math.abs(nowMs - sinceMs) < forMs
