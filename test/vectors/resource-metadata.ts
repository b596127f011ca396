import type { ProtectedResourceOptions } from '../../src/index.js'
import { type Choice, choice, chosen } from './choice.js'

const LOOPBACK = choice('RFC 9728 section 1.2 has https alone, also on loopback.')

type MetadataUrl = readonly [resource: string, metadataUrl: string, path: string, choice?: Choice]

/** Where the document of a resource is (RFC 9728 section 3.1). */
export const METADATA_URLS: readonly MetadataUrl[] = [
  [
    'https://resource.example.com',
    'https://resource.example.com/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource',
  ],
  [
    'https://resource.example.com/',
    'https://resource.example.com/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource',
  ],
  [
    'https://resource.example.com/resource1',
    'https://resource.example.com/.well-known/oauth-protected-resource/resource1',
    '/.well-known/oauth-protected-resource/resource1',
  ],
  [
    'https://resource.example.com/resource1/',
    'https://resource.example.com/.well-known/oauth-protected-resource/resource1/',
    '/.well-known/oauth-protected-resource/resource1/',
  ],
  [
    'https://resource.example.com:8443/v1/orders',
    'https://resource.example.com:8443/.well-known/oauth-protected-resource/v1/orders',
    '/.well-known/oauth-protected-resource/v1/orders',
  ],
  [
    'http://127.0.0.1:8080',
    'http://127.0.0.1:8080/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource',
    LOOPBACK,
  ],
  [
    'http://[::1]:8080/a',
    'http://[::1]:8080/.well-known/oauth-protected-resource/a',
    '/.well-known/oauth-protected-resource/a',
    LOOPBACK,
  ],
]

export const RESOURCE_OPTIONS: ProtectedResourceOptions = {
  resource: 'https://resource.example.com',
  authorizationServers: 'https://as1.example.com',
}

/** What `RESOURCE_OPTIONS` say (RFC 9728 section 2): nothing that is empty. */
export const LEAST_METADATA = {
  resource: 'https://resource.example.com',
  authorization_servers: ['https://as1.example.com'],
  bearer_methods_supported: ['header'],
} as const

/** Each option on top of `RESOURCE_OPTIONS`, and the member that it becomes (RFC 9728 section 2). */
export const METADATA_MEMBERS: readonly (readonly [options: Partial<ProtectedResourceOptions>, members: object])[] = [
  [
    { authorizationServers: ['https://as1.example.com', 'https://as2.example.net/tenant'] },
    { authorization_servers: ['https://as1.example.com', 'https://as2.example.net/tenant'] },
  ],
  [{ scopes: ['profile', 'email', 'email'] }, { scopes_supported: ['profile', 'email'] }],
  [{ scopes: [] }, {}],
  [{ dpopAlgorithms: ['ES256', 'EdDSA'] }, { dpop_signing_alg_values_supported: ['ES256', 'EdDSA'] }],
  [{ dpopBound: true }, { dpop_bound_access_tokens_required: true }],
  [{ dpopBound: false }, {}],
  [{ tlsClientCertificateBound: true }, { tls_client_certificate_bound_access_tokens: true }],
  [{ tlsClientCertificateBound: false }, {}],
  [{ resourceName: 'Orders' }, { resource_name: 'Orders' }],
  [{ documentation: 'https://a.example/docs?v=1#top' }, { resource_documentation: 'https://a.example/docs?v=1#top' }],
  [{ policyUri: 'https://a.example/policy' }, { resource_policy_uri: 'https://a.example/policy' }],
  [{ tosUri: 'https://a.example/tos' }, { resource_tos_uri: 'https://a.example/tos' }],
  [{ jwksUri: 'https://a.example/jwks' }, { jwks_uri: 'https://a.example/jwks' }],
  [
    { more: { 'resource_name#de': 'Bestellungen', authorization_details_types_supported: ['payment'], none: [] } },
    { 'resource_name#de': 'Bestellungen', authorization_details_types_supported: ['payment'] },
  ],
]

/** What each option that is a member becomes. */
export const MEMBER_OF = {
  resource: 'resource',
  authorizationServers: 'authorization_servers',
  scopes: 'scopes_supported',
  dpopAlgorithms: 'dpop_signing_alg_values_supported',
  dpopBound: 'dpop_bound_access_tokens_required',
  tlsClientCertificateBound: 'tls_client_certificate_bound_access_tokens',
  resourceName: 'resource_name',
  documentation: 'resource_documentation',
  policyUri: 'resource_policy_uri',
  tosUri: 'resource_tos_uri',
  jwksUri: 'jwks_uri',
} as const satisfies Partial<Record<keyof ProtectedResourceOptions, string>>

/** One option wrong on top of `RESOURCE_OPTIONS`. */
export interface RefusedMetadata extends Choice {
  readonly input: string
  readonly section: string
  readonly options: Readonly<Record<string, unknown>>
  /** What the error begins with. */
  readonly names: string
}

const refused = (
  section: string,
  option: string,
  rows: Readonly<Record<string, unknown>>,
): readonly RefusedMetadata[] =>
  Object.entries(rows).map(([name, value]) => ({
    input: `${option} ${name}`,
    section,
    options: { [option]: value },
    names: option,
  }))

const NOT_TEXT = { null: null, empty: '', 'a number': 7, 'a list': [['a']] }
const NOT_SECURE = { 'over http': 'http://a.example/', 'no URL': 'a.example', javascript: 'javascript:alert(1)' }

/** Members that no document may have. */
export const REFUSED_METADATA: readonly RefusedMetadata[] = [
  ...refused('RFC 9728 section 1.2', 'resource', {
    missing: undefined,
    ...NOT_TEXT,
    ...NOT_SECURE,
    'with a fragment': 'https://resource.example.com/#a',
    'with an empty fragment': 'https://resource.example.com/#',
  }),
  ...chosen(
    'RFC 9728 advises against a query, and does not forbid it.',
    refused('RFC 9728 section 1.2', 'resource', {
      'with a query': 'https://resource.example.com/?a=b',
      'with an empty query': 'https://resource.example.com/?',
    }),
  ),
  ...chosen(
    'A URL may have a user.',
    refused('RFC 9728 section 1.2', 'resource', { 'with a user': 'https://user@resource.example.com/' }),
  ),
  ...chosen(
    'No RFC asks for the normal form.',
    refused('RFC 9728 section 3.3', 'resource', {
      'in capitals': 'HTTPS://RESOURCE.example.com',
      'with the default port': 'https://resource.example.com:443',
      'with dot segments': 'https://resource.example.com/a/../b',
    }),
  ),
  ...refused('RFC 9728 section 1.2', 'resource', {
    'with a backslash': 'https://resource.example.com\\a',
    'with a space around': ' https://resource.example.com',
    'with a line break': 'https://resource.example.com/a\nb',
    'in another script': 'https://b\u00fccher.example',
  }),
  ...refused('RFC 8414 section 2', 'authorizationServers', {
    ...NOT_TEXT,
    ...NOT_SECURE,
    'with a query': 'https://as1.example.com?a',
    'with a fragment': 'https://as1.example.com#a',
    'one of them no URL': ['https://as1.example.com', 'as2'],
  }),
  ...refused('RFC 9728 section 3.2', 'authorizationServers', { 'an empty list': [] }),
  ...refused('RFC 6749 section 3.3', 'scopes', {
    'as text': 'profile email',
    'with a space': ['profile email'],
    'with a quote': ['a"b'],
    'with an empty one': [''],
    'with a line break': ['a\nb'],
    'with a number': [7],
    'an object': { 0: 'a' },
  }),
  ...refused('RFC 9449 section 4.2', 'dpopAlgorithms', { none: ['none'], 'an HMAC': ['HS256'] }),
  ...refused('RFC 9728 section 3.2', 'dpopAlgorithms', { 'an empty list': [] }),
  ...['dpopBound', 'tlsClientCertificateBound'].flatMap((option) =>
    refused('RFC 9728 section 2', option, { text: 'true', 'a number': 1, null: null }),
  ),
  ...chosen('No RFC forbids an empty name.', refused('RFC 9728 section 2', 'resourceName', { empty: '' })),
  ...refused('RFC 9728 section 2', 'resourceName', { 'a number': 7 }),
  ...refused('RFC 9728 section 2', 'jwksUri', { ...NOT_TEXT, ...NOT_SECURE }),
  ...['documentation', 'policyUri', 'tosUri'].flatMap((option) => [
    ...refused('RFC 9728 section 2', option, { ...NOT_TEXT, 'no URL': NOT_SECURE['no URL'] }),
    ...chosen(
      'RFC 9728 asks for https in other members only.',
      refused('RFC 9728 section 2', option, {
        'over http': NOT_SECURE['over http'],
        javascript: NOT_SECURE.javascript,
      }),
    ),
  ]),
]

/** What is no fault of a document, and is refused all the same. */
export const REFUSED_OPTIONS: readonly RefusedMetadata[] = [
  ...refused('RFC 9728 section 2', 'authorizationServers', { missing: undefined }),
  ...refused('RFC 9728 section 3.1', 'resource', {
    'with a parameter of a router': 'https://resource.example.com/:tenant',
    'with a wildcard': 'https://resource.example.com/*',
    'with a group': 'https://resource.example.com/(a|b)',
    'with an escape': 'https://resource.example.com/a%2fb',
  }),
  ...refused('RFC 9728 section 2', 'more', {
    'a list': [],
    text: 'a',
    'with a member that has an option': { resource: 'https://evil.example' },
    'with a member that is left out otherwise': { scopes_supported: ['a'] },
    'with no JSON': { a: 1n },
  }),
  ...refused('RFC 9111 section 5.2.2.1', 'maxAgeSeconds', {
    negative: -1,
    'over a day': 86_401,
    text: '60',
    half: 0.5,
  }),
]

/** What a client is answered when it asks for the document of `RESOURCE_OPTIONS.resource`. */
export interface MetadataAnswer {
  readonly input: string
  readonly section: string
  readonly status: number
  readonly body: string
}

const answers = (section: string, rows: Readonly<Record<string, Partial<MetadataAnswer>>>): readonly MetadataAnswer[] =>
  Object.entries(rows).map(([name, change]) => ({
    input: `answered with ${name}`,
    section,
    status: 200,
    body: JSON.stringify(LEAST_METADATA),
    ...change,
  }))

const saying = (change: Readonly<Record<string, unknown>>) => ({
  body: JSON.stringify({ ...LEAST_METADATA, ...change }),
})

/** What a client must not use. */
export const REFUSED_METADATA_ANSWERS: readonly MetadataAnswer[] = [
  ...answers('RFC 9728 section 3.3', {
    'no resource': saying({ resource: undefined }),
    'a resource that is null': saying({ resource: null }),
    'a resource that is a number': saying({ resource: 7 }),
    'a resource in a list': saying({ resource: ['https://resource.example.com'] }),
    'an empty resource': saying({ resource: '' }),
    'another resource': saying({ resource: 'https://evil.example' }),
    'a resource that begins so': saying({ resource: 'https://resource.example.com.evil.example' }),
    'a resource below it': saying({ resource: 'https://resource.example.com/orders' }),
    'a resource on another port': saying({ resource: 'https://resource.example.com:8443' }),
    'a resource over http': saying({ resource: 'http://resource.example.com' }),
    'a resource with a query': saying({ resource: 'https://resource.example.com/?a=b' }),
    'a resource with a user': saying({ resource: 'https://user@resource.example.com' }),
  }),
  ...answers('RFC 9728 section 3.2', {
    'a list': { body: JSON.stringify([LEAST_METADATA]) },
    text: { body: JSON.stringify('https://resource.example.com') },
    null: { body: 'null' },
    nothing: { body: '' },
    'half of it': { body: JSON.stringify(LEAST_METADATA).slice(0, 40) },
    'status 201': { status: 201 },
    'status 404': { status: 404 },
    'status 500': { status: 500 },
  }),
]

export const ACCEPTED_METADATA_ANSWERS: readonly MetadataAnswer[] = [
  ...answers('RFC 9728 section 3.2', {
    'what was asked for': {},
    'members that nobody knows': saying({ unknown: ['a', { b: 1 }] }),
  }),
]
