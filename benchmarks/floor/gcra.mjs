/** GCRA on a bare Map: what no rate limiter of this kind can do without. Bounded by dropping the oldest key. */
export function gcraFloor({ limit, windowMs, maxKeys = 2_000_000 }) {
  const tats = new Map()
  const interval = windowMs / limit
  return (key, nowMs) => {
    const tat = Math.max(tats.get(key) ?? nowMs, nowMs)
    const next = tat + interval
    const allowed = next - nowMs <= windowMs
    if (allowed) {
      if (tats.size >= maxKeys) tats.delete(tats.keys().next().value)
      tats.set(key, next)
    }
    const used = (allowed ? next : tat) - nowMs
    return {
      allowed,
      remaining: Math.floor((windowMs - used) / interval),
      resetMs: Math.ceil(used),
      retryAfterMs: allowed ? 0 : Math.ceil(next - nowMs - windowMs),
    }
  }
}
