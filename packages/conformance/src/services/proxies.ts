import { type ClientAddressRule, clientAddress, requireRole, responseHeaders } from 'wardline'
import { get } from '../route.js'
import type { Service } from '../service.js'
import { PROXY, settingsOf, type World } from '../world.js'
import { signedIn } from './guards.js'

/** Behind a content network that tells the client in a field of its own. */
export const fronted = (world: World): Service =>
  addressed(world, clientAddress({ trustedProxies: [PROXY], header: 'cf-connecting-ip' }))

/** Behind a product that nobody has heard of. */
export const namedField = (world: World): Service =>
  addressed(world, clientAddress({ trustedProxies: [PROXY], header: { field: 'X-Client-Address' } }))

/** Told of no proxies. */
export const unproxied = (world: World): Service => addressed(world, undefined)

/** With a rule of its own, which says what it noticed. */
export const ruled = (world: World): Service =>
  addressed(world, (peer, headers, report) => {
    if (headers.count('x-client-address') > 0) report?.({ event: 'told', code: 'told_by_the_rule', guard: 'ownRule' })
    return peer.address ?? 'unknown'
  })

const addressed = (world: World, rule: ClientAddressRule | undefined): Service => ({
  settings: settingsOf(world, { clientAddress: rule }),
  everyone: responseHeaders(),
  mountedAt: 'service',
  routes: [get('/open'), get('/admin', [signedIn(world), requireRole('admin')])],
})
