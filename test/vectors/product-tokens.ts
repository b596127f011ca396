import {
  AUTH0,
  AUTH0_ALICE,
  AUTH0_JOB,
  AUTH0_M2M,
  COGNITO,
  COGNITO_ALICE,
  COGNITO_ID,
  ENTRA,
  ENTRA_ALICE,
  ENTRA_APP,
  ENTRA_ID,
  ENTRA_JOB,
  JWT,
  KEYCLOAK,
  KEYCLOAK_ALICE,
  KEYCLOAK_JOB,
  KEYCLOAK_OLD_SERVICE,
  KEYCLOAK_SERVICE,
  SVID,
  SVID_BILLING,
  UNTYPED,
  without,
} from './product-claims.js'

type Members = Readonly<Record<string, unknown>>

/**
 * One token of a product, with the claims that its documentation shows. `exp` and `iat` are seconds from now.
 */
export interface ProductToken {
  readonly product: 'keycloak' | 'entra' | 'auth0' | 'cognito' | 'jwtSvid'
  readonly input: string
  readonly header: Members
  readonly claims: Members
  /** `allowed`, or the code of the refusal. */
  readonly code: string
  /** What becomes of the caller, where it is allowed. */
  readonly caller?: {
    readonly id: string
    readonly client: string | undefined
    readonly kind: 'user' | 'service'
    readonly scopes: readonly string[]
    readonly roles: readonly string[]
    readonly tenant?: string
  }
}

const row = (
  product: ProductToken['product'],
  input: string,
  header: Members,
  claims: Members,
  outcome: string | ProductToken['caller'],
): ProductToken =>
  typeof outcome === 'string'
    ? { product, input, header, claims, code: outcome }
    : { product, input, header, claims, code: 'allowed', ...(outcome && { caller: outcome }) }

/** Tokens of each product, as its profile must answer them. ID tokens and refresh tokens name this service on purpose. */
export const PRODUCT_TOKENS: readonly ProductToken[] = [
  row('keycloak', 'an access token', JWT, KEYCLOAK, KEYCLOAK_ALICE),
  row('keycloak', 'of a client that asks for RFC 9068 types', { typ: 'at+jwt' }, KEYCLOAK, KEYCLOAK_ALICE),
  row('keycloak', 'of a service account', JWT, KEYCLOAK_SERVICE, KEYCLOAK_JOB),
  row('keycloak', 'of a service account, in versions before 26.2', JWT, KEYCLOAK_OLD_SERVICE, KEYCLOAK_JOB),
  row('keycloak', 'of a service account with a session', JWT, { ...KEYCLOAK_OLD_SERVICE, sid: 's' }, KEYCLOAK_JOB),
  row(
    'keycloak',
    'of a service account with a session and no name',
    JWT,
    { ...without(KEYCLOAK_OLD_SERVICE, 'preferred_username'), sid: 's' },
    KEYCLOAK_JOB,
  ),
  row(
    'keycloak',
    'of a service account, lightweight',
    JWT,
    without(KEYCLOAK_SERVICE, 'client_id', 'preferred_username', 'clientHost', 'clientAddress'),
    KEYCLOAK_JOB,
  ),
  row(
    'keycloak',
    'of a service account, lightweight, in versions before 26.2',
    JWT,
    without(KEYCLOAK_OLD_SERVICE, 'client_id', 'preferred_username', 'clientHost', 'clientAddress'),
    KEYCLOAK_JOB,
  ),
  row(
    'keycloak',
    'of a person, without the scope profile',
    JWT,
    without(KEYCLOAK, 'preferred_username'),
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'of a person, without the scope profile, with a client mapped into it',
    JWT,
    { ...without(KEYCLOAK, 'preferred_username'), client_id: 'shop-web' },
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'of a person, by exchange without a session',
    JWT,
    { ...without(KEYCLOAK, 'sid'), jti: 'trrtte:1' },
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'of a person, by exchange without a session, without the scope profile',
    JWT,
    { ...without(KEYCLOAK, 'sid', 'preferred_username'), jti: 'trrtte:1' },
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'of a person, in versions that name a session by session_state alone',
    JWT,
    { ...without(KEYCLOAK, 'sid', 'preferred_username'), jti: '8d6c0f5e', session_state: 's-1' },
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'of a service account with a session, refreshed, without the scope profile',
    JWT,
    { ...without(KEYCLOAK_OLD_SERVICE, 'preferred_username'), jti: 'onrtrt:1', sid: 's-1', clientAddress: '10.0.4.7' },
    KEYCLOAK_JOB,
  ),
  row(
    'keycloak',
    'of a person whose jti only looks like client credentials',
    JWT,
    { ...KEYCLOAK, jti: 'x-trrtcc:1' },
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'of a service account, in versions before 24',
    JWT,
    { ...without(KEYCLOAK_OLD_SERVICE, 'client_id', 'preferred_username'), clientId: 'Batch-Job' },
    KEYCLOAK_JOB,
  ),
  row(
    'keycloak',
    'of a person that is named like a service account',
    JWT,
    { ...KEYCLOAK, preferred_username: 'service-account-shop-web' },
    KEYCLOAK_ALICE,
  ),
  ...[{ client_id: 'shop-web' }, { client_id: 'shop-web', username: 'service-account-shop-web' }].flatMap((named) =>
    ['onrtac:1', 'trrtte:1', 'trrtdvk:1', '8d6c0f5e'].map((jti) =>
      row(
        'keycloak',
        `of a person that chose the name of a service account, ${Object.keys(named).join(' and ')} told, jti ${jti}`,
        JWT,
        { ...KEYCLOAK, ...named, preferred_username: 'service-account-shop-web', jti },
        KEYCLOAK_ALICE,
      ),
    ),
  ),
  row(
    'keycloak',
    'of a person, by a grant of an extension, without session and name',
    JWT,
    { ...without(KEYCLOAK, 'sid', 'preferred_username'), jti: 'trrtdvk:1' },
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'of a person, with a client mapped into it',
    JWT,
    { ...KEYCLOAK, client_id: 'shop-web' },
    KEYCLOAK_ALICE,
  ),
  row(
    'keycloak',
    'with roles of no list',
    JWT,
    { ...KEYCLOAK, realm_access: { roles: { 0: 'admin' } }, resource_access: [] },
    { ...KEYCLOAK_ALICE, roles: [] },
  ),
  row(
    'keycloak',
    'an ID token',
    JWT,
    { ...without(KEYCLOAK, 'realm_access', 'scope'), typ: 'ID', nonce: 'n' },
    'token_claim_invalid',
  ),
  row('keycloak', 'a refresh token', JWT, { ...KEYCLOAK, typ: 'Refresh' }, 'token_claim_invalid'),
  row('keycloak', 'an offline token', JWT, { ...KEYCLOAK, typ: 'Offline' }, 'token_claim_invalid'),
  row('keycloak', 'a logout token', JWT, { ...KEYCLOAK, typ: 'Logout', events: {} }, 'token_claim_invalid'),
  row('keycloak', 'a logout token by its type', { typ: 'logout+jwt' }, KEYCLOAK, 'token_type_refused'),
  row('keycloak', 'of a client set to lower case', JWT, { ...KEYCLOAK, typ: 'bearer' }, KEYCLOAK_ALICE),
  row('keycloak', 'in other letters', JWT, { ...KEYCLOAK, typ: 'BEARER' }, 'token_claim_invalid'),
  row('keycloak', 'DPoP in other letters', JWT, { ...KEYCLOAK, typ: 'dpop' }, 'token_claim_invalid'),
  row('keycloak', 'without typ', JWT, without(KEYCLOAK, 'typ'), 'token_claim_invalid'),
  row('keycloak', 'with typ in a list', JWT, { ...KEYCLOAK, typ: ['Bearer'] }, 'token_claim_invalid'),
  row('keycloak', 'DPoP, bound to nothing', JWT, { ...KEYCLOAK, typ: 'DPoP' }, 'token_claim_invalid'),
  row(
    'keycloak',
    'DPoP, bound to a key',
    JWT,
    { ...KEYCLOAK, typ: 'DPoP', cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } },
    'token_proof_missing',
  ),
  row('keycloak', 'without azp', JWT, without(KEYCLOAK, 'azp'), 'token_claim_invalid'),
  row('keycloak', 'without an audience mapper', JWT, { ...KEYCLOAK, aud: 'account' }, 'token_audience_mismatch'),

  row('entra', 'a version 2 token of a person', JWT, ENTRA, ENTRA_ALICE),
  row(
    'entra',
    'of a person who has a role as well',
    JWT,
    { ...ENTRA, roles: ['Orders.Admin'] },
    { ...ENTRA_ALICE, roles: ['Orders.Admin'] },
  ),
  row('entra', 'of an application', JWT, ENTRA_APP, ENTRA_JOB),
  row('entra', 'of an application, with idtyp', JWT, { ...ENTRA_APP, idtyp: 'app', oid: undefined }, ENTRA_JOB),
  row('entra', 'of a person, with idtyp', JWT, { ...ENTRA, idtyp: 'user' }, ENTRA_ALICE),
  row('entra', 'an ID token', JWT, ENTRA_ID, 'token_claim_invalid'),
  row(
    'entra',
    'an ID token with a nonce',
    JWT,
    { ...ENTRA_ID, nonce: 'n', azp: ENTRA.azp, scp: 'x' },
    'token_claim_invalid',
  ),
  row('entra', 'an ID token with an authorized party', JWT, { ...ENTRA_ID, azp: ENTRA.azp }, 'token_claim_invalid'),
  row('entra', 'an ID token with at_hash', JWT, { ...ENTRA, at_hash: 'h' }, 'token_claim_invalid'),
  row('entra', 'of an application that was granted nothing', JWT, { ...ENTRA_APP, roles: [] }, 'token_claim_invalid'),
  row(
    'entra',
    'of an application, role in a text',
    JWT,
    { ...ENTRA_APP, roles: 'Orders.Read.All' },
    'token_claim_invalid',
  ),
  row('entra', 'roles, but a person by idtyp', JWT, { ...ENTRA_APP, idtyp: 'user' }, 'token_claim_invalid'),
  row('entra', 'of another tenant than the issuer names', JWT, { ...ENTRA, tid: ENTRA.oid }, 'token_claim_invalid'),
  row('entra', 'of a tenant that is a part of the name', JWT, { ...ENTRA, tid: 'v2.0' }, 'token_claim_invalid'),
  row(
    'entra',
    'of version 1, by the issuer of version 2',
    JWT,
    { ...ENTRA, ver: '1.0', appid: undefined },
    'token_claim_invalid',
  ),
  row('entra', 'without a version', JWT, without(ENTRA, 'ver'), 'token_claim_invalid'),
  row('entra', 'without a client', JWT, without(ENTRA, 'azp'), 'token_claim_invalid'),
  row('entra', 'at+jwt', { typ: 'at+jwt' }, ENTRA, 'token_type_refused'),
  row('entra', 'bound by kid (SHR)', { typ: 'JWT' }, { ...ENTRA, cnf: { kid: 'k' } }, 'token_proof_missing'),

  row('auth0', 'a token of a person', JWT, AUTH0, AUTH0_ALICE),
  row(
    'auth0',
    'in the RFC 9068 profile',
    { typ: 'at+jwt' },
    { ...without(AUTH0, 'azp'), client_id: AUTH0.azp, jti: '73WakrfVbNJBaAmhQtEeDv' },
    AUTH0_ALICE,
  ),
  row('auth0', 'of an application', JWT, AUTH0_M2M, AUTH0_JOB),
  row(
    'auth0',
    'of a person that is named like an application',
    JWT,
    { ...AUTH0, sub: 'auth0|x@clients' },
    { ...AUTH0_ALICE, id: 'auth0|x@clients' },
  ),
  row(
    'auth0',
    'an ID token',
    JWT,
    { ...without(AUTH0, 'azp', 'scope', 'permissions'), aud: AUTH0.azp, nonce: 'n' },
    'token_audience_mismatch',
  ),
  row(
    'auth0',
    'an ID token for this audience',
    JWT,
    without(AUTH0, 'azp', 'scope', 'permissions'),
    'token_claim_invalid',
  ),
  row(
    'auth0',
    'an ID token for this audience, with azp and nonce',
    JWT,
    { ...AUTH0, nonce: 'n' },
    'token_claim_invalid',
  ),
  row('auth0', 'a logout token', JWT, { ...AUTH0, events: {} }, 'token_claim_invalid'),
  row(
    'auth0',
    'with another namespace',
    JWT,
    { ...without(AUTH0, 'https://example.com/roles'), 'https://evil.example/roles': ['admin'], roles: ['admin'] },
    { ...AUTH0_ALICE, roles: ['read:orders', 'delete:orders'] },
  ),

  row('cognito', 'an access token', UNTYPED, COGNITO, COGNITO_ALICE),
  row(
    'cognito',
    'of a client',
    UNTYPED,
    { ...without(COGNITO, 'username', 'cognito:groups', 'auth_time'), sub: COGNITO.client_id, scope: 'orders/read' },
    { ...COGNITO_ALICE, id: COGNITO.client_id, kind: 'service', scopes: ['orders/read'], roles: [] },
  ),
  row('cognito', 'an ID token', UNTYPED, COGNITO_ID, 'token_audience_mismatch'),
  row(
    'cognito',
    'an ID token with a client',
    UNTYPED,
    { ...COGNITO_ID, client_id: COGNITO.client_id },
    'token_claim_invalid',
  ),
  row('cognito', 'of another client', UNTYPED, { ...COGNITO, client_id: 'other' }, 'token_audience_mismatch'),
  row(
    'cognito',
    'of another client, this one in aud',
    UNTYPED,
    { ...COGNITO, client_id: 'other', aud: COGNITO.client_id },
    'token_audience_mismatch',
  ),
  row('cognito', 'without token_use', UNTYPED, without(COGNITO, 'token_use'), 'token_claim_invalid'),
  row('cognito', 'with a type', JWT, COGNITO, 'token_type_refused'),

  row('jwtSvid', 'without issuer or type', UNTYPED, SVID, SVID_BILLING),
  row('jwtSvid', 'of type JWT', JWT, SVID, SVID_BILLING),
  row('jwtSvid', 'of type JOSE', { typ: 'JOSE' }, SVID, SVID_BILLING),
  row('jwtSvid', 'with its trust domain as issuer', JWT, { ...SVID, iss: 'spiffe://example.org' }, SVID_BILLING),
  row(
    'jwtSvid',
    'of another trust domain',
    JWT,
    { ...SVID, sub: 'spiffe://evil.example/service/billing' },
    'token_issuer_mismatch',
  ),
  row(
    'jwtSvid',
    'of another trust domain, by this issuer',
    JWT,
    { ...SVID, iss: 'spiffe://example.org', sub: 'spiffe://evil.example/service/billing' },
    'token_claim_invalid',
  ),
  row(
    'jwtSvid',
    'of a trust domain that begins alike',
    JWT,
    { ...SVID, sub: 'spiffe://example.org.evil/x' },
    'token_issuer_mismatch',
  ),
  row('jwtSvid', 'of the trust domain itself', JWT, { ...SVID, sub: 'spiffe://example.org' }, 'token_issuer_mismatch'),
  row(
    'jwtSvid',
    'of the trust domain itself, by this issuer',
    JWT,
    { ...SVID, iss: 'spiffe://example.org', sub: 'spiffe://example.org' },
    'token_claim_invalid',
  ),
  ...['a/../b', 'a//b', 'a/', 'a%2fb', 'a?b', 'a#b', './a', ' a', 'a\u00e9'].map((path) =>
    row('jwtSvid', `path /${path}`, JWT, { ...SVID, sub: `spiffe://example.org/${path}` }, 'token_claim_invalid'),
  ),
  row('jwtSvid', 'with a port', JWT, { ...SVID, sub: 'spiffe://example.org:443/a' }, 'token_issuer_mismatch'),
  row('jwtSvid', 'with userinfo', JWT, { ...SVID, sub: 'spiffe://a@example.org/a' }, 'token_issuer_mismatch'),
  row('jwtSvid', 'a subject in capitals', JWT, { ...SVID, sub: 'SPIFFE://example.org/a' }, 'token_issuer_mismatch'),
  row('jwtSvid', 'a subject in a list', JWT, { ...SVID, sub: [SVID.sub] }, 'token_issuer_mismatch'),
  row('jwtSvid', 'without exp', JWT, without(SVID, 'exp'), 'token_claim_invalid'),
  row('jwtSvid', 'without aud', JWT, without(SVID, 'aud'), 'token_audience_mismatch'),
  row('jwtSvid', 'at+jwt', { typ: 'at+jwt' }, SVID, 'token_type_refused'),
  row('jwtSvid', 'an ID token', JWT, { ...SVID, nonce: 'n' }, 'token_claim_invalid'),
]
