import { test } from 'vitest'
import { memoryStore } from '../src/index.js'
import { tokenRule } from './rate/rules.js'
import { ruleOf } from '../src/rate/rule.js'

test.each([100_000, 1_000_000])('scan of %i', (n) => {
  const store = memoryStore({ maxKeys: n })
  const rule = ruleOf('w', { algorithm: 'fixed-window', limit: 1, window: n, aligned: false })
  let now = 1_700_000_000_000
  // one a ms, so expiries are staggered by 1 ms
  const t0 = performance.now()
  for (let i = 0; i < n; i++) store.take([{ rule, key: `k${i}`, cost: 1 }], now++)
  console.log(n, 'filled in', performance.now() - t0)
  // store full; advance 0 at first: refuse
  // rotate the list: new keys refused while none is full
  now -= 1
  for (let i = 0; i < 1000; i++) store.take([{ rule, key: `n${i}`, cost: 1 }], now)
  let worst = 0, total = 0, ok = 0
  const reqs = 200
  for (let i = 0; i < reqs; i++) {
    now += 1 // one more expires
    const s = performance.now()
    const [a] = store.take([{ rule, key: `m${i}`, cost: 1 }], now) as never as [{ allowed: boolean }]
    const d = performance.now() - s
    worst = Math.max(worst, d); total += d; if (a.allowed) ok++
  }
  console.log(n, 'per request ms', total / reqs, 'worst', worst, 'allowed', ok)
}, 120_000)
