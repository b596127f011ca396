import type { CalendarPeriod, FixedWindowRule } from '../rule.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** The epoch was a Thursday: the Monday before it. */
const MONDAY = -3 * DAY

/** When the window that holds `timeMs` began, for windows that begin with the clock or the calendar (UTC). */
export function windowStart(window: FixedWindowRule['window'], timeMs: number): number {
  if (typeof window === 'number') return timeMs - (timeMs % window)
  switch (window) {
    case 'hour':
      return timeMs - (timeMs % HOUR)
    case 'day':
      return timeMs - (timeMs % DAY)
    case 'week':
      return timeMs - ((timeMs - MONDAY) % (7 * DAY))
    case 'month':
    case 'year':
      return ofCalendar(window, timeMs, 0)
  }
}

/** When the window that began at `startMs` ends. */
export function windowEnd(window: FixedWindowRule['window'], startMs: number): number {
  if (typeof window === 'number') return startMs + window
  switch (window) {
    case 'hour':
      return startMs + HOUR
    case 'day':
      return startMs + DAY
    case 'week':
      return startMs + 7 * DAY
    case 'month':
    case 'year':
      return ofCalendar(window, startMs, 1)
  }
}

/** The longest that a window may take, for fields that say how long it is. */
export const LONGEST_MS: Readonly<Record<CalendarPeriod, number>> = {
  hour: HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 31 * DAY,
  year: 366 * DAY,
}

function ofCalendar(period: 'month' | 'year', timeMs: number, later: 0 | 1): number {
  const date = new Date(timeMs)
  return period === 'year'
    ? Date.UTC(date.getUTCFullYear() + later, 0)
    : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later)
}
