const WAIT_MS = 1_000

/** Places taken, by key, on a bare Map: a key that has none left is forgotten. */
export function concurrencyFloor({ limit }) {
  const taken = new Map()
  const take = (key) => {
    const count = taken.get(key) ?? 0
    const allowed = count < limit
    if (allowed) taken.set(key, count + 1)
    return {
      allowed,
      remaining: allowed ? limit - count - 1 : 0,
      resetMs: WAIT_MS,
      retryAfterMs: allowed ? 0 : WAIT_MS,
    }
  }
  const giveBack = (key) => {
    const count = taken.get(key)
    if (count > 1) taken.set(key, count - 1)
    else taken.delete(key)
  }
  return { take, giveBack }
}
