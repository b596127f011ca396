import { as, getting, type Row } from '../row.js'

const FIELD = /^"address";r=\d+;t=\d+$/

export const RATE: readonly Row[] = [
  {
    name: 'the limit is told with an answer',
    request: getting('/open'),
    status: 200,
    headers: { 'ratelimit-policy': '"address";q=100000;w=60', ratelimit: FIELD },
  },
  {
    name: 'with a refusal',
    request: getting('/open//'),
    status: 400,
    denied: 'ambiguous_path',
    headers: { 'ratelimit-policy': '"address";q=100000;w=60', ratelimit: FIELD },
  },
  {
    name: 'and where there is no route',
    request: getting('/nowhere'),
    status: 404,
    headers: { 'ratelimit-policy': '"address";q=100000;w=60', ratelimit: FIELD },
  },
  {
    name: 'limits of two mounts are both told',
    request: getting('/principal-limit', as('reader')),
    status: 200,
    headers: {
      'ratelimit-policy': '"address";q=100000;w=60, "principal";q=50;w=60',
      ratelimit: /^"address";r=\d+;t=\d+, "principal";r=49;t=\d+$/,
    },
  },
  {
    name: 'limits of two steps are both told',
    request: getting('/answer/two-lists'),
    status: 200,
    headers: { 'ratelimit-policy': '"address";q=100000;w=60, "burst";q=1000;w=60, "day";q=2000;w=60' },
  },
  {
    name: 'a store that rejects',
    service: 'broken',
    request: getting('/store-rejects'),
    status: 503,
    denied: 'store_unavailable',
    headers: { 'retry-after': '1' },
    event: { guard: 'rateLimit(down)', cause: /ECONNREFUSED/ },
  },
  {
    name: 'a store that throws',
    service: 'broken',
    request: getting('/store-throws'),
    status: 503,
    denied: 'store_unavailable',
    headers: { 'retry-after': '1' },
    event: { guard: 'rateLimit(down)', cause: /ECONNREFUSED/ },
  },
  {
    name: 'a store that leaves a bucket unanswered',
    service: 'broken',
    request: getting('/store-forgets'),
    status: 503,
    denied: 'store_unavailable',
    event: { guard: 'rateLimit(down)' },
  },
  {
    name: 'a key that throws',
    service: 'broken',
    request: getting('/key-throws'),
    status: 500,
    denied: 'guard_failed',
    event: { guard: 'rateLimit(default)' },
  },
  {
    name: 'a key that is no string',
    service: 'broken',
    request: getting('/key-number'),
    status: 500,
    denied: 'guard_failed',
    event: { guard: 'rateLimit(default)' },
  },
  {
    name: 'a cost of nothing',
    service: 'broken',
    request: getting('/cost-zero'),
    status: 500,
    denied: 'guard_failed',
  },
  {
    name: 'a cost that no quota can pay',
    service: 'broken',
    request: getting('/cost-above'),
    status: 429,
    denied: 'rate_limited',
    headers: { 'retry-after': /^\d+$/ },
  },
]
