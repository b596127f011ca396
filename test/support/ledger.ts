import { memoryStore, type RateLimitStore } from '../../src/index.js'

/** A memory store, and the limits of everything that was taken from it. */
export interface WatchedStore extends RateLimitStore {
  /** Names of the limits that were taken, one entry per taking. */
  readonly taken: string[][]
}

/** What one process knows: `look` answers `undefined` where the counts live elsewhere. */
export function watchedStore({ remote = false }: { readonly remote?: boolean } = {}): WatchedStore {
  const store = memoryStore()
  const taken: string[][] = []
  return {
    taken,
    correct: store.correct,
    look: (request, nowMs) => (remote ? undefined : store.look(request, nowMs)),
    take: (requests, nowMs) => {
      const states = store.take(requests, nowMs) as Awaited<ReturnType<RateLimitStore['take']>>
      if (states.every((state) => state.allowed)) taken.push(requests.map(({ rule }) => rule.id.split(':')[0]!))
      return remote ? Promise.resolve(states) : states
    },
  }
}
