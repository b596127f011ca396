import type { RawRequest } from '@wardline/test-kit'
import { getting, type Row } from '../row.js'
import type { ServiceName } from '../services/index.js'
import { PROXY } from '../world.js'

type Fields = NonNullable<RawRequest['headers']>

const row =
  (service: ServiceName, from: string) =>
  (name: string, headers: Fields, client: string): Row => ({
    name: `${service}: ${name}`,
    service,
    request: getting('/open', { from, headers }),
    status: 200,
    event: { client },
  })

const stranger = row('front', '127.0.0.9')
const proxied = row('front', PROXY)
const forwarded = row('forwarded', PROXY)
const hopped = row('hopped', '127.0.0.9')

const xff = (...values: readonly string[]): Fields => values.map((value) => ['x-forwarded-for', value])

export const ADDRESSES: readonly Row[] = [
  stranger('the socket alone', [], '127.0.0.9'),
  stranger('X-Forwarded-For of a stranger', xff('203.0.113.7'), '127.0.0.9'),
  stranger('a stranger that names the proxy', xff(PROXY), '127.0.0.9'),
  ...(['forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'x_forwarded_for'] as const).map(
    (name) =>
      stranger(
        `${name} of a stranger`,
        [[name, name === 'forwarded' ? 'for=203.0.113.7' : '203.0.113.7']],
        '127.0.0.9',
      ),
  ),
  proxied('no field', [], PROXY),
  proxied('one hop', xff('203.0.113.7'), '203.0.113.7'),
  proxied('what the caller claims to the left', xff('198.51.100.1, 203.0.113.7'), '203.0.113.7'),
  proxied('the proxy to the right', xff(`203.0.113.7, ${PROXY}`), '203.0.113.7'),
  proxied('only proxies', xff(`${PROXY}, ${PROXY}`), PROXY),
  proxied('two lines', xff('198.51.100.1', '203.0.113.7'), '203.0.113.7'),
  proxied('a port', xff('203.0.113.7:4711'), '203.0.113.7'),
  proxied('IPv6', xff('2001:DB8:0::1'), '2001:db8::1'),
  proxied('IPv6 with port', xff('[2001:db8::1]:443'), '2001:db8::1'),
  proxied('IPv4-mapped', xff('::ffff:203.0.113.7'), '203.0.113.7'),
  proxied('IPv4-mapped in hex', xff('::ffff:cb00:7107'), '203.0.113.7'),
  proxied('IPv4-mapped in full', xff('0:0:0:0:0:FFFF:CB00:7107'), '203.0.113.7'),
  proxied('the proxy, IPv4-mapped', xff('203.0.113.7, ::ffff:127.0.0.2'), '203.0.113.7'),
  proxied('junk', xff('unknown'), PROXY),
  proxied('an empty field', xff(''), PROXY),
  proxied('junk at the right', xff('203.0.113.7, 1.2.3'), PROXY),
  proxied('octal', xff('0177.0.0.1'), PROXY),
  proxied('a number', xff('2130706433'), PROXY),
  proxied('a name', xff('localhost'), PROXY),
  proxied('a control character', xff('203.0.113.7\t\t'), '203.0.113.7'),
  proxied('Forwarded, which this proxy does not write', [['forwarded', 'for=203.0.113.7']], PROXY),
  proxied('the underscore twin', [['x_forwarded_for', '203.0.113.7']], PROXY),
  forwarded('one hop', [['forwarded', 'for=203.0.113.7;proto=https']], '203.0.113.7'),
  forwarded('quoted IPv6', [['Forwarded', 'proto=https;FOR="[2001:db8::1]:443"']], '2001:db8::1'),
  forwarded('two hops', [['forwarded', 'for=198.51.100.1, for=203.0.113.7']], '203.0.113.7'),
  forwarded('twice in one element', [['forwarded', 'for=198.51.100.1;for=203.0.113.7']], PROXY),
  forwarded('an obfuscated node', [['forwarded', 'for=_hidden']], PROXY),
  forwarded('a comma in quotes', [['forwarded', 'for="198.51.100.1, for=203.0.113.7"']], PROXY),
  forwarded('X-Forwarded-For, which this proxy does not write', xff('203.0.113.7'), PROXY),
  hopped('two hops', xff('203.0.113.7, 10.0.0.1'), '203.0.113.7'),
  hopped('what the caller claims to the left', xff('198.51.100.1, 203.0.113.7, 10.0.0.1'), '203.0.113.7'),
  hopped('too few', xff('203.0.113.7'), '127.0.0.9'),
]
