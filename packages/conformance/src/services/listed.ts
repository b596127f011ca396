import { all, allowAddresses, denyAddresses, responseHeaders } from 'wardline'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'

/** Refused everywhere, and served at one route. */
const REFUSED = ['203.0.113.0/24', '2001:db8:bad::/48', '127.0.0.66']
const OFFICE = ['198.51.100.0/25', '2001:db8:0ff::/48', '127.0.0.3']

/** Refuses some addresses by code and by file, and serves one route to others alone. */
export const listed = (world: World): Service => ({
  settings: settingsOf(world),
  everyone: all(
    responseHeaders(),
    denyAddresses({ ranges: REFUSED, file: world.addressFile.path, refreshMs: 100, onEvent: world.told.note }),
  ),
  mountedAt: 'service',
  routes: [get('/open'), get('/office', [allowAddresses({ ranges: OFFICE })])],
})

/** On a socket without an address, as a Unix socket is. */
export const addressless = (world: World): Service => ({
  settings: settingsOf(world, { clientAddress: () => 'unknown' }),
  everyone: responseHeaders(),
  mountedAt: 'service',
  routes: [get('/open', [denyAddresses({ ranges: REFUSED })]), get('/office', [allowAddresses({ ranges: OFFICE })])],
})
