import { memoryStore } from 'wardline'
import { concurrencyFloor } from '../floor/concurrency.mjs'
import { fixedFloor, slidingFloor } from '../floor/windows.mjs'
import { MAX_KEYS, WINDOW_MS } from './limiters.mjs'

/** As `stores` of limiters.mjs, by what is not the default algorithm. Places are given back. */
export const algorithms = {
  sliding: {
    wardline: () => inMemory({ algorithm: 'sliding-window', windowMs: WINDOW_MS }),
    floor: () => byHand(slidingFloor),
  },
  fixed: {
    wardline: () => inMemory({ algorithm: 'fixed-window', window: WINDOW_MS, aligned: false }),
    floor: () => byHand(fixedFloor),
  },
  concurrency: {
    wardline: () => inMemory({ algorithm: 'concurrency', leaseMs: 30_000 }),
    floor: () => (limit) => {
      const { take, giveBack } = concurrencyFloor({ limit })
      return { take: (key) => take(key).allowed, giveBack }
    },
  },
}

const inMemory = (size) => (limit) => {
  const store = memoryStore({ maxKeys: MAX_KEYS })
  const rule = { id: size.algorithm, limit, ...size }
  return {
    take: (key, nowMs) => store.take([{ rule, key, cost: 1 }], nowMs)[0].allowed,
    ...(size.algorithm === 'concurrency' && {
      giveBack: (key, nowMs) => store.correct([{ rule, key, cost: -1 }], nowMs),
    }),
  }
}

const byHand = (floor) => (limit) => {
  const take = floor({ limit, windowMs: WINDOW_MS })
  return { take: (key, nowMs) => take(key, nowMs).allowed }
}
