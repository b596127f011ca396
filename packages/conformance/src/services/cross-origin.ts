import { all, allowHosts, allowMethods, cors, responseHeaders, sameOrigin } from 'wardline'
import { get, post, put, remove } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { limit, noted, signedIn } from './guards.js'

/** Whose pages may call, and as what the service knows itself. */
export const APP = 'https://app.example.com'
export const SELF = 'https://api.example.com'

const forApp = () =>
  cors({
    origins: [APP],
    self: SELF,
    methods: ['GET', 'POST', 'DELETE'],
    headers: ['authorization', 'content-type'],
    exposedHeaders: ['ratelimit'],
    credentials: true,
  })

/** A service for the pages of another origin; identity stands behind `cors`. */
export const crossOrigin = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: all(responseHeaders(), forApp(), limit('address', 100_000), signedIn(world)),
  mountedAt: 'service',
  routes: [get('/me'), post('/me'), remove('/me', [], () => ({ status: 204 }))],
})

/** Answers preflights ahead of a guard that notes that it was asked, and behind a limit that is soon reached. */
export const preflighted = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: all(limit('address', 2), forApp(), noted(world, 'behind')),
  mountedAt: 'service',
  routes: [get('/open')],
})

/** As the browser of a user who is signed in by a cookie meets it. */
export const sameOriginOnly = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: sameOrigin({ self: SELF, origins: [APP] }),
  mountedAt: 'service',
  routes: [get('/cart'), post('/cart'), put('/cart'), remove('/cart')],
})

/** Serves three hosts and three methods. */
export const hosted = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: all(allowHosts('api.example.com', '*.shops.example', '127.0.0.1:3000'), allowMethods('GET', 'POST')),
  mountedAt: 'service',
  routes: [get('/open'), post('/open'), remove('/open')],
})
