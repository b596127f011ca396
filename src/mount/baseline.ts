import { all } from '../compose/all.js'
import { responseHeaders, wellFormed } from '../edge/index.js'
import type { Guard } from '../guard.js'
import { rateLimit } from '../rate/index.js'

/**
 * What is safe for any service: security headers on every answer, 300 requests a minute per client address, and no
 * ambiguous requests. The limit comes before the refusals, so that refused requests count too.
 */
export const baseline = (): Guard =>
  all(responseHeaders(), rateLimit({ name: 'baseline', limit: 300, windowMs: 60_000 }), wellFormed())
