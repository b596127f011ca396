/** MiB that are left when garbage was collected, and finalizers ran that the next collection needs. */
export async function memoryLeft() {
  for (let times = 0; times < 3; times++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const usage = process.memoryUsage()
  return Object.fromEntries(MEASURES.map((name) => [name, usage[name] / 2 ** 20]))
}

const MEASURES = ['heapUsed', 'external', 'arrayBuffers', 'rss']

/**
 * How many of the buckets that `asking` names are kept: one that is kept is not full, and one that is forgotten is as good
 * as new.
 *
 * @param guardOf - Makes the guard, with the options and a store of ours.
 * @param asking - The arguments of its check, by index.
 */
export function kept({ guardOf, store, options }, asking, many) {
  let count = 0
  const look = (request, nowMs) => {
    const state = store.look(request, nowMs)
    if (state?.remaining < options.limit) count++
    return state
  }
  const probe = guardOf({ ...options, store: { look, take: store.take, correct: store.correct } })
  for (let index = 0; index < many; index++) {
    const [ctx, facts] = asking(index)
    probe.check({ ...ctx, nowMs: Date.now() }, facts)
  }
  return count
}
