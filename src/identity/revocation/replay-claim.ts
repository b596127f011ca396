import { createHash } from 'node:crypto'
import { type Unavailable, unavailable } from '../../decision.js'
import { Dependency } from '../../dependency.js'
import type { MaybePromise } from '../../guard.js'
import { callable } from '../../lib/options.js'
import type { ReplayStore } from './replay-store.js'

/** When a full store may have room again. */
const RETRY_AFTER_SECONDS = 5

/** Says whether something is claimed for the first time, or that nobody can tell now. */
type ClaimOnce = (
  parts: readonly string[],
  untilMs: number,
  nowMs: number,
) => MaybePromise<'fresh' | 'used' | Unavailable>

/**
 * Claims in `store` what parts name together, which may be used once. A store that is full or away is a 503,
 * `replay_store_full` or `replay_unavailable`: what cannot be told apart from a replay is none the better for it.
 *
 * @throws TypeError for what is no store.
 */
export function replayClaims(store: ReplayStore): ClaimOnce {
  callable('replay.claim', store?.claim)
  const dependency = new Dependency('replay_unavailable')
  return (parts, untilMs, nowMs) =>
    dependency.rely(
      () => store.claim(replayKey(parts), untilMs, nowMs),
      (answer) => {
        switch (answer) {
          case 'fresh':
          case 'used':
            return answer
          case 'full':
            return unavailable('replay_store_full', RETRY_AFTER_SECONDS)
          default: // a store in JavaScript may say anything
            return unavailable('replay_unavailable', 1, new TypeError('the replay store gave no answer'))
        }
      },
    )
}

/** As JSON, so that no two lists make one text. */
const replayKey = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
