import type { RawRequest } from '@wardline/test-kit'
import { getting, type Row } from '../row.js'
import { PROXY } from '../world.js'

type Lines = NonNullable<RawRequest['headers']>

const FIELDS = { rfc: 'client-cert', envoy: 'x-forwarded-client-cert', nginx: 'x-ssl-client-cert' } as const

const asked = (name: string, target: string, headers: Lines, rest: Omit<Row, 'name' | 'request'>): Row => ({
  name,
  service: 'certified',
  request: getting(target, { headers, from: PROXY }),
  ...rest,
})

const CLIENT = { 'www-authenticate': 'ClientCertificate' }
const missing = { status: 401, denied: 'certificate_missing', headers: CLIENT } as const
const unknown = (denied: string) => ({ status: 401, denied, headers: CLIENT }) as const

const byField = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).flatMap((kind): readonly Row[] => {
  const field = FIELDS[kind]
  const sent = (token: string, rest: Omit<Row, 'name' | 'request'>) =>
    asked(`${field}: ${token}`, `/${kind}`, [[field, `{${token}-${kind}}`]], rest)
  return [
    sent('svid', {
      status: 200,
      event: { principal: { id: 'spiffe://example.org/service/ledger', issuer: 'spiffe://example.org' } },
    }),
    sent('svid-other', unknown('certificate_not_allowed')),
    sent('svid-domain', unknown('certificate_not_allowed')),
    sent('svid-two', unknown('svid_uri_count')),
    sent('svid-ca', unknown('certificate_is_ca')),
    sent('svid-old', unknown('certificate_expired')),
    sent('svid-stranger', unknown('certificate_untrusted')),
    sent('svid-below', unknown('certificate_untrusted')),
    asked(`${field}: none`, `/${kind}`, [], missing),
    asked(`${field}: garbage`, `/${kind}`, [[field, 'garbage']], {
      status: 400,
      denied: 'certificate_header_malformed',
    }),
    asked(
      `${field}: twice`,
      `/${kind}`,
      [
        [field, `{svid-${kind}}`],
        [field, `{svid-${kind}}`],
      ],
      {
        status: 400,
        denied: 'certificate_header_repeated',
      },
    ),
    ...[`/${kind}`, '/open', '/socket'].map(
      (target): Row => ({
        name: `${field} from a stranger at ${target}`,
        service: 'certified',
        request: getting(target, { headers: [[field, `{svid-${kind}}`]] }),
        status: 400,
        denied: 'certificate_header_refused',
        event: { event: 'malicious_extraneous' },
      }),
    ),
    asked(`${field} at a route that reads none`, '/socket', [[field, `{svid-${kind}}`]], missing),
  ]
})

export const CERTIFICATES: readonly Row[] = [
  ...byField,
  asked(
    'client-cert with its chain',
    '/rfc',
    [
      ['Client-Cert', '{svid-below-rfc}'],
      ['Client-Cert-Chain', '{svid-chain}'],
    ],
    { status: 200 },
  ),
  { name: 'no certificate field from a stranger', service: 'certified', request: getting('/rfc'), ...missing },
  { name: 'a route that asks for none', service: 'certified', request: getting('/open'), status: 200 },
]
