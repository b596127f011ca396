import { getting, type Row } from '../row.js'
import { PROXY } from '../world.js'

const STRANGER = '127.0.0.9'

/** A request of that client, as the proxy tells it or by its own socket, and by which guard it is refused. */
const row = (
  name: string,
  target: string,
  { from = STRANGER, forwarded, client = forwarded ?? from }: { from?: string; forwarded?: string; client?: string },
  guard?: 'allowAddresses' | 'denyAddresses',
): Row => ({
  name: `${target}: ${name}`,
  service: 'listed',
  request: getting(target, { from, headers: forwarded === undefined ? [] : [['x-forwarded-for', forwarded]] }),
  headers: { 'x-content-type-options': 'nosniff' },
  ...(guard === undefined
    ? { status: 200, event: { client } }
    : { status: 403, denied: 'address_refused', body: { detail: DETAIL }, event: { client, guard } }),
})

/** Tells nothing of the list. */
const DETAIL = 'Requests from this address are not accepted.'

const denied = (name: string, forwarded: string, client = forwarded) =>
  row(name, '/open', { from: PROXY, forwarded, client }, 'denyAddresses')
const outside = (name: string, forwarded: string, client = forwarded) =>
  row(name, '/office', { from: PROXY, forwarded, client }, 'allowAddresses')
const inside = (name: string, forwarded: string, client = forwarded) =>
  row(name, '/office', { from: PROXY, forwarded, client })

export const LISTED: readonly Row[] = [
  row('a stranger', '/open', {}),
  row('a stranger that names a refused address', '/open', { forwarded: '203.0.113.7', client: STRANGER }),
  row('a refused socket', '/open', { from: '127.0.0.66' }, 'denyAddresses'),
  row(
    'a refused socket that names another',
    '/open',
    { from: '127.0.0.66', forwarded: '198.51.100.1', client: '127.0.0.66' },
    'denyAddresses',
  ),
  row('an address beside the list', '/open', { from: PROXY, forwarded: '203.0.114.0' }),
  row('an IPv6 address beside the list', '/open', { from: PROXY, forwarded: '2001:db8:bae::' }),
  row('what is no address, so that the proxy counts', '/open', { from: PROXY, forwarded: '203.0.113', client: PROXY }),
  denied('the first of a range', '203.0.113.0'),
  denied('the last of a range', '203.0.113.255'),
  denied('what the caller claims to the left', '198.51.100.1, 203.0.113.7', '203.0.113.7'),
  denied('IPv4-mapped', '::ffff:203.0.113.7', '203.0.113.7'),
  denied('IPv4-mapped in hex', '::FFFF:cb00:7107', '203.0.113.7'),
  denied('IPv4-mapped in full', '0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'),
  denied('IPv6', '2001:DB8:bad::1', '2001:db8:bad::1'),
  denied('IPv6 at the end of a range', '2001:db8:bad:ffff:ffff:ffff:ffff:ffff'),
  row('a route that is not there', '/nowhere', { from: '127.0.0.66' }, 'denyAddresses'),
  row('a listed socket', '/office', { from: '127.0.0.3' }),
  row('another socket', '/office', {}, 'allowAddresses'),
  row(
    'another socket that names a listed address',
    '/office',
    { forwarded: '198.51.100.1', client: STRANGER },
    'allowAddresses',
  ),
  inside('the last of a range', '198.51.100.127'),
  inside('IPv4-mapped', '::ffff:c633:6401', '198.51.100.1'),
  inside('IPv6', '2001:db8:ff::1'),
  outside('an address beside the list', '198.51.100.128'),
  outside('what the caller claims to the left', '198.51.100.1, 198.18.0.1', '198.18.0.1'),
  outside('IPv4-compatible, which is IPv6', '::198.51.100.1', '::c633:6401'),
  outside('what is no address, so that the proxy counts', '198.51.100.1.1', PROXY),
  ...(['/open', '/office'] as const).map(
    (target): Row => ({
      name: `${target}: a client without an address`,
      service: 'addressless',
      request: getting(target),
      status: 403,
      denied: 'address_refused',
      event: { client: 'unknown', guard: target === '/open' ? 'denyAddresses' : 'allowAddresses' },
    }),
  ),
]
