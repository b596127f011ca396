const TOLERANCE_MS = 20

/** Whether a timer of `ms` from `startMs` is this late: then the process was busy, and what was to come was not looked at. */
export const wasBusy = (startMs: number, ms: number): boolean => performance.now() - startMs - ms > TOLERANCE_MS
