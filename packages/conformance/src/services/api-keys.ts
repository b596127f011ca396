import {
  type ApiKeyRecord,
  type ApiKeyUse,
  all,
  any,
  apiKey,
  byPrincipal,
  rateLimit,
  requireAuthentication,
  requireScope,
  responseHeaders,
} from 'wardline'
import { keyRecords } from '../api-keys.js'
import { get, remove } from '../route.js'
import type { Service } from '../service.js'
import { MAX_AGE_SECONDS, STRONG_CLASS } from '../step-up-tokens.js'
import { settingsOf, type World } from '../world.js'
import { signedIn, waits } from './guards.js'

/** So long a key may live on after it was revoked. */
export const CACHE_SECONDS = 5

/** Callers with API keys, beside tokens, and such as must be authenticated better. */
export const keyed = (world: World): Service => {
  const records = keyRecords()
  const lookup = (id: string): ApiKeyRecord | undefined => records.get(id)
  const onUsed = (use: ApiKeyUse) => world.told.note({ event: 'key_used', ...use })
  const byKey = apiKey({ lookup, realm: 'reports', onUsed })
  const stale = Object.assign((id: string) => lookup(id), {
    fault: () => ({ event: 'sys_monitor_disabled', code: 'key_file_unreadable' }),
  })
  const later = apiKey({ lookup: async (id) => lookup(id), realm: 'reports', cacheSeconds: CACHE_SECONDS })
  const strongly = requireAuthentication({ acr: STRONG_CLASS, maxAgeSeconds: MAX_AGE_SECONDS })
  return {
    settings: settingsOf(world),
    everyone: responseHeaders(), // and not the baseline, which refuses repeated fields itself
    mountedAt: 'routes',
    routes: [
      get('/key', [byKey]),
      get('/key-later', [later]),
      get('/key-held', [all(waits(world), later)]),
      get('/key-away', [apiKey({ lookup: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.9:5432')) })]),
      get('/key-stale', [apiKey({ lookup: stale })]),
      get('/key-untold', [apiKey({ lookup, onUsed: fail })]),
      get('/key-limited', [all(byKey, rateLimit({ name: 'key', limit: 2, windowMs: 60_000, key: byPrincipal }))]),
      get('/reports', [all(any(signedIn(world), byKey), requireScope('reports:read'))]),
      get('/key-or-token', [any(byKey, signedIn(world))]),
      get('/strong', [all(signedIn(world), strongly)]),
      get('/methods', [all(signedIn(world), requireAuthentication({ amr: ['hwk', 'pin'] }))]),
      get('/strong-key', [all(byKey, strongly)]),
      remove('/keys', [], () => {
        for (const [id, record] of records) records.set(id, { ...record, revoked: true })
        return { status: 204 }
      }),
    ],
  }
}

function fail(): never {
  throw new Error('the table of uses is locked')
}
