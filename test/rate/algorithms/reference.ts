import type { CalendarPeriod, LimitRule } from '../../../src/index.js'

/** One algorithm as one would explain it: everything that ever happened, in a list, and counted anew each time. */
export interface Reference {
  /** Whether `cost` would be let in. */
  readonly fits: (cost: number, nowMs: number) => boolean
  /** What is left. */
  readonly remaining: (nowMs: number) => number
  readonly take: (cost: number, nowMs: number) => void
}

interface Event {
  readonly atMs: number
  readonly cost: number
}

const sum = (events: readonly Event[]): number => events.reduce((total, { cost }) => total + cost, 0)

/** Windows of the clock or of the calendar, by name: two times are in one window when they have one name. */
const NAMES: Readonly<Record<CalendarPeriod, (at: Date) => string>> = {
  hour: (at) => at.toISOString().slice(0, 13),
  day: (at) => at.toISOString().slice(0, 10),
  week: (at) => mondayOf(at).toISOString().slice(0, 10),
  month: (at) => at.toISOString().slice(0, 7),
  year: (at) => at.toISOString().slice(0, 4),
}

function mondayOf(at: Date): Date {
  const day = new Date(at)
  while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1)
  return day
}

/** A fixed window: of those that are in the window of now. */
export function fixedWindowReference(rule: Extract<LimitRule, { algorithm: 'fixed-window' }>): Reference {
  const { limit, window, aligned } = rule
  let events: Event[] = []
  const isWithNow = (atMs: number, nowMs: number): boolean => {
    if (typeof window === 'string') return NAMES[window](new Date(atMs)) === NAMES[window](new Date(nowMs))
    if (aligned) return Math.floor(atMs / window) === Math.floor(nowMs / window)
    return nowMs < atMs + window
  }
  /** A window of a key's own begins with the first event after the last window. */
  const current = (nowMs: number) => (events.length > 0 && isWithNow(events[0]!.atMs, nowMs) ? events : [])
  const counted = (nowMs: number) => sum(current(nowMs))
  return {
    fits: (cost, nowMs) => counted(nowMs) + cost <= limit,
    remaining: (nowMs) => Math.max(0, limit - counted(nowMs)),
    take: (cost, nowMs) => {
      events = [...current(nowMs), { atMs: nowMs, cost }]
    },
  }
}

/** A sliding window: of those whose slice, a tenth of a window, has not left the window as a whole. */
export function slidingWindowReference({
  limit,
  windowMs,
}: Extract<LimitRule, { algorithm: 'sliding-window' }>): Reference {
  const events: Event[] = []
  const sliceMs = Math.ceil(windowMs / 10)
  const slices = Math.ceil(windowMs / sliceMs)
  const sliceOf = (atMs: number) => Math.floor(atMs / sliceMs)
  const counted = (nowMs: number) => sum(events.filter(({ atMs }) => sliceOf(nowMs) - sliceOf(atMs) <= slices))
  return {
    fits: (cost, nowMs) => counted(nowMs) + cost <= limit,
    remaining: (nowMs) => Math.max(0, limit - counted(nowMs)),
    take: (cost, nowMs) => void events.push({ atMs: nowMs, cost }),
  }
}

/** Places: those that were taken and not given back. */
export function concurrencyReference({ limit }: Extract<LimitRule, { algorithm: 'concurrency' }>): Reference {
  const places: true[] = []
  return {
    fits: (cost) => places.length + cost <= limit,
    remaining: () => Math.max(0, limit - places.length),
    take: (cost) => {
      for (let i = 0; i < cost; i++) places.push(true)
      for (let i = 0; i > cost; i--) places.pop()
    },
  }
}

/** Failures one by one: how much of each is still known, the oldest first, in parts of which it has `windowMs`. */
export function backoffReference(rule: Extract<LimitRule, { algorithm: 'backoff' }>): Reference {
  const { limit, windowMs, delayMs, lockoutMs } = rule
  let parts: bigint[] = []
  let openAtMs = 0
  const known = (nowMs: number) => {
    let forgotten = BigInt(Math.max(0, nowMs - openAtMs)) * BigInt(limit)
    const left: bigint[] = []
    for (const part of parts) {
      if (part > forgotten) left.push(part - forgotten)
      forgotten = part > forgotten ? 0n : forgotten - part
    }
    return left
  }
  const wait = () => {
    let ms = delayMs
    for (let i = limit; i < parts.length; i++) ms = Math.min(lockoutMs, 2 * ms)
    return parts.length < limit ? 0 : Math.min(ms, lockoutMs)
  }
  return {
    fits: (_cost, nowMs) => nowMs >= openAtMs,
    remaining: (nowMs) => (nowMs < openAtMs ? 0 : Math.max(1, limit - known(nowMs).length)),
    take: (cost, nowMs) => {
      for (let i = 0; i < cost; i++) {
        parts = [...known(nowMs), BigInt(windowMs)]
        openAtMs = nowMs + wait()
      }
      if (cost >= 0) return
      parts = known(nowMs).slice(0, cost) // the latest, which are whole
      openAtMs = nowMs
    },
  }
}
