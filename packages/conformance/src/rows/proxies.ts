import type { RawRequest } from '@wardline/test-kit'
import { as, getting, type Row } from '../row.js'
import type { ServiceName } from '../services/index.js'
import { PROXY } from '../world.js'

type Fields = NonNullable<RawRequest['headers']>

const STRANGER = '127.0.0.9'
const CLIENT = '203.0.113.7'
const OTHER = '198.51.100.1'

const noticed = (code: string) => [{ code, guard: 'clientAddress' }]

const row =
  (service: ServiceName, from: string) =>
  (name: string, headers: Fields, client: string, code?: string): Row => ({
    name: `${service}: ${name}`,
    service,
    request: getting('/open', { from, headers }),
    status: 200,
    event: { client, notices: code === undefined ? undefined : noticed(code) },
  })

const xff = (value: string) => ['x-forwarded-for', value] as const
const cf = (value: string) => ['CF-Connecting-IP', value] as const

const proxied = row('front', PROXY)
const stranger = row('front', STRANGER)
const fronted = row('fronted', PROXY)
const hopped = row('hopped', PROXY)

/** Which field is believed, and what the one event says of those that are not. */
export const PROXIES: readonly Row[] = [
  proxied('one hop, and nothing to tell', [xff(CLIENT)], CLIENT),
  proxied('the proxy itself, and nothing to tell', [], PROXY),
  proxied('junk', [xff('unknown')], PROXY, 'forwarding_malformed'),
  proxied('the twin beside the field', [xff(CLIENT), ['X_Forwarded_For', OTHER]], CLIENT, 'forwarding_twin'),
  proxied('the twin alone', [['x_forwarded_for', OTHER]], PROXY, 'forwarding_twin'),
  proxied('more proxies than a chain has', [xff(`${CLIENT}${`, ${PROXY}`.repeat(64)}`)], PROXY, 'forwarding_long'),
  proxied('as many as it may have', [xff(`${CLIENT}${`, ${PROXY}`.repeat(63)}`)], CLIENT),
  stranger('nothing to tell of a stranger', [], STRANGER),
  ...(['x-forwarded-for', 'forwarded', 'x-real-ip', 'X_Forwarded_For'] as const).map((name) =>
    stranger(`${name} of a stranger is told`, [[name, CLIENT]], STRANGER, 'forwarding_untrusted'),
  ),
  stranger(
    'every field of a stranger is told once',
    [xff(CLIENT), xff(OTHER), ['forwarded', 'for=x']],
    STRANGER,
    'forwarding_untrusted',
  ),
  {
    name: 'front: what is noticed stands in the event of a denial too',
    request: getting('/me', { from: STRANGER, headers: [xff(CLIENT)] }),
    status: 401,
    denied: 'token_missing',
    event: { client: STRANGER, notices: noticed('forwarding_untrusted') },
  },
  fronted('one address', [cf(CLIENT)], CLIENT),
  fronted('lists beside it', [xff(`${OTHER}, ${OTHER}`), cf(CLIENT), ['forwarded', `for=${OTHER}`]], CLIENT),
  fronted('two lines', [cf(CLIENT), cf(OTHER)], PROXY, 'forwarding_repeated'),
  fronted('a list', [cf(`${OTHER}, ${CLIENT}`)], PROXY, 'forwarding_malformed'),
  fronted('no address', [cf('unknown')], PROXY, 'forwarding_malformed'),
  fronted('the twin', [['CF_Connecting_IP', OTHER], cf(CLIENT)], CLIENT, 'forwarding_twin'),
  row('fronted', STRANGER)('the field of a stranger', [cf(CLIENT)], STRANGER, 'forwarding_untrusted'),
  {
    name: 'fronted: a caller that is refused',
    service: 'fronted',
    request: getting('/admin', { from: STRANGER, headers: [...as('reader').headers!, cf(CLIENT)] }),
    status: 403,
    denied: 'role_missing',
    event: { client: STRANGER, notices: noticed('forwarding_untrusted') },
  },
  row('namedField', PROXY)('one address', [['x-client-address', '2001:DB8::7']], '2001:db8::7'),
  row('namedField', PROXY)(
    'two lines',
    [
      ['x-client-address', CLIENT],
      ['X-Client-Address', CLIENT],
    ],
    PROXY,
    'forwarding_repeated',
  ),
  hopped('as many entries as hops', [xff(`${CLIENT}, 10.0.0.1`)], CLIENT),
  hopped('fewer entries than hops', [xff(CLIENT)], PROXY, 'forwarding_short'),
  hopped('no field', [], PROXY, 'forwarding_short'),
  {
    name: 'ruled: a rule of the service says what it noticed',
    service: 'ruled',
    request: getting('/open', { from: STRANGER, headers: [['x-client-address', CLIENT]] }),
    status: 200,
    event: { client: STRANGER, notices: [{ event: 'told', code: 'told_by_the_rule', guard: 'ownRule' }] },
  },
]
