import type { LimitRule, RateAlgorithm } from '../rule.js'
import type { Algorithm } from './algorithm.js'
import { backoff } from './backoff.js'
import { concurrency } from './concurrency.js'
import { fixedWindow } from './fixed-window.js'
import { slidingWindow } from './sliding-window.js'
import { tokenBucket } from './token-bucket.js'

const ALGORITHMS = {
  'token-bucket': tokenBucket,
  'sliding-window': slidingWindow,
  'fixed-window': fixedWindow,
  concurrency,
  backoff,
} satisfies { readonly [Name in RateAlgorithm]: Algorithm<Extract<LimitRule, { readonly algorithm: Name }>> }

/** The algorithm by which a rule counts. */
export const algorithmOf = (rule: LimitRule): Algorithm => ALGORITHMS[rule.algorithm] as Algorithm
