const SLICES = 10

/** Slices of a window in a ring for each key, on a bare Map: never more than the limit in any window. */
export function slidingFloor({ limit, windowMs, maxKeys = 2_000_000 }) {
  const counters = new Map()
  const sliceMs = Math.ceil(windowMs / SLICES)
  const endOf = (slice) => (slice + 1 + SLICES) * sliceMs
  return (key, nowMs) => {
    const now = Math.floor(nowMs / sliceMs)
    let counter = counters.get(key)
    if (counter === undefined) {
      if (counters.size >= maxKeys) counters.delete(counters.keys().next().value)
      counter = { newest: now, slices: new Array(SLICES + 1).fill(0) }
      counters.set(key, counter)
    }
    const { slices } = counter
    for (let slice = Math.max(counter.newest + 1, now - SLICES); slice <= now; slice++)
      slices[slice % slices.length] = 0
    counter.newest = now
    let used = 0
    for (let index = 0; index < slices.length; index++) used += slices[index]
    const allowed = used < limit
    if (allowed) slices[now % slices.length]++
    return {
      allowed,
      remaining: allowed ? limit - used - 1 : 0,
      resetMs: endOf(now) - nowMs,
      retryAfterMs: allowed ? 0 : endOf(oldestUsed(slices, now)) - nowMs,
    }
  }
}

function oldestUsed(slices, now) {
  let slice = now - SLICES
  while (slices[slice % slices.length] === 0) slice++
  return slice
}

/** One count of each key, on a bare Map, which begins anew with the first request after its window. */
export function fixedFloor({ limit, windowMs, maxKeys = 2_000_000 }) {
  const counters = new Map()
  return (key, nowMs) => {
    let counter = counters.get(key)
    if (counter === undefined) {
      if (counters.size >= maxKeys) counters.delete(counters.keys().next().value)
      counter = { count: 0, endMs: nowMs + windowMs }
      counters.set(key, counter)
    } else if (counter.endMs <= nowMs) {
      counter.count = 0
      counter.endMs = nowMs + windowMs
    }
    const allowed = counter.count < limit
    if (allowed) counter.count++
    const resetMs = counter.endMs - nowMs
    return { allowed, remaining: limit - counter.count, resetMs, retryAfterMs: allowed ? 0 : resetMs }
  }
}
