import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { Idp } from '@wardline/test-kit'
import { API_KEYS } from './api-keys.js'
import { boundTokens } from './bound-tokens.js'
import type { Certificates } from './certificates.js'
import { dpopTokens } from './dpop-proofs.js'
import { federationTokens } from './federation-tokens.js'
import { introspectionTokens } from './introspection-answers.js'
import { type Partner, partnerTokens } from './partner.js'
import { productTokens } from './product-tokens.js'
import { sessionTokens } from './session-tokens.js'
import { stepUpTokens } from './step-up-tokens.js'

/** Tokens by the name that rows write as `{name}`. */
export type Tokens = Readonly<Record<string, string>>

export const CLIENT = { id: 'service-client', scope: 'orders:read', roles: ['clerk'], tenant: 'north' } as const

/** What an honest issuer signs, and what callers make of it. */
export async function makeTokens(idp: Idp, partner: Partner, certificates: Certificates): Promise<Tokens> {
  const now = Math.floor(Date.now() / 1000)
  const honest = await signedBy(idp, {
    reader: { sub: 'reader', scope: 'orders:read' },
    reader2: { sub: 'reader-2', scope: 'orders:read' },
    clerk: { sub: 'clerk', roles: ['clerk'], scope: 'orders:read orders:write' },
    admin: { sub: 'admin', roles: ['admin', 'auditor'], tenant: 'north' },
    homeless: { sub: 'homeless', roles: ['admin'] },
    stranger: { sub: 'stranger' },
    expired: { exp: now - 3600 },
    early: { nbf: now + 3600 },
    tomorrow: { iat: now + 86_400 },
    'other-audience': { aud: 'billing-api' },
    'longer-audience': { aud: 'orders-api-2' },
    'audience-list': { sub: 'listed', aud: ['billing-api', 'orders-api'] },
    'no-audience': { aud: undefined },
    'other-issuer': { iss: 'https://issuer.example' },
    'issuer-slash': { iss: `${idp.issuer}/` },
    'issuer-list': { iss: [idp.issuer] },
    'no-subject': { sub: undefined },
    'no-expiry': { exp: undefined },
    'expiry-text': { exp: String(now + 300) },
    bound: { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } },
    'longer-scope': { scope: 'orders:reader xorders:read' },
    'scope-list': { scope: ['orders:read'] },
    'roles-text': { roles: 'admin clerk' },
    'longer-role': { roles: ['administrator', 'adm', 'Admin'] },
    'tenant-list': { roles: ['admin'], tenant: ['north'] },
  })
  return {
    ...honest,
    ...certificates.fields,
    ...federationTokens(),
    ...introspectionTokens(),
    ...productTokens(),
    ...(await boundTokens(idp, certificates)),
    ...(await partnerTokens(partner, certificates)),
    issued: await idp.token(CLIENT.id),
    'id-token': await idp.sign({}, { typ: 'JWT' }),
    'no-type': await idp.sign({}, { typ: undefined }),
    'loud-type': await idp.sign({ sub: 'loud' }, { typ: 'application/AT+JWT' }),
    'unknown-key': await idp.sign({}, { kid: '../../etc/passwd' }),
    'too-long': await idp.sign({ filler: 'x'.repeat(9000) }),
    ...tampered(honest.reader!, honest.admin!),
    ...foreign(idp, honest.admin!),
    ...API_KEYS,
    ...(await stepUpTokens(idp)),
    hs256: await confused(idp, honest.admin!),
    ...(await dpopTokens(idp)),
    ...(await sessionTokens(idp)),
  }
}

async function signedBy(
  idp: Idp,
  claims: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Promise<Tokens> {
  const signed = Object.entries(claims).map(async ([name, own]) => [name, await idp.sign(own)] as const)
  return Object.fromEntries(await Promise.all(signed))
}

function tampered(reader: string, admin: string): Tokens {
  const [header, payload, signature] = reader.split('.') as [string, string, string]
  const [, adminPayload] = admin.split('.') as [string, string]
  const unsigned = (alg: string) => `${encoded({ ...decoded(reader, 0), alg })}.${payload}`
  return {
    'other-payload': `${header}.${adminPayload}.${signature}`,
    'cut-signature': `${header}.${payload}.${signature.slice(0, -10)}`,
    'no-signature': `${header}.${payload}.`,
    'two-parts': `${header}.${payload}`,
    'five-parts': `${header}.${payload}.${signature}.${signature}.${signature}`,
    none: `${unsigned('none')}.${signature}`,
    'none-mixed': `${unsigned('nOnE')}.${signature}`,
    'no-algorithm': `${encoded({ typ: 'at+jwt' })}.${payload}.${signature}`,
    'not-json': `${Buffer.from('{"alg":').toString('base64url')}.${payload}.${signature}`,
    crit: `${encoded({ ...decoded(reader, 0), crit: ['exp'], exp: 1 })}.${payload}.${signature}`,
    b64: `${encoded({ ...decoded(reader, 0), b64: false })}.${payload}.${signature}`,
    zip: `${encoded({ ...decoded(reader, 0), zip: 'DEF' })}.${payload}.${signature}`,
    p2c: `${encoded({ ...decoded(reader, 0), p2c: 2_000_000_000 })}.${payload}.${signature}`,
  }
}

/** The claims of `token` under a key of the caller's own, which some of them bring along. */
function foreign(idp: Idp, token: string): Tokens {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const own = (extra: object) => {
    const signing = `${encoded({ ...decoded(token, 0), ...extra })}.${token.split('.')[1]}`
    return `${signing}.${sign('sha256', Buffer.from(signing), privateKey).toString('base64url')}`
  }
  return {
    forged: own({}),
    'own-jwk': own({ jwk: publicKey.export({ format: 'jwk' }) }),
    'own-jku': own({ jku: `${idp.issuer}/stolen` }),
    'own-x5u': own({ x5u: `${idp.issuer}/stolen` }),
  }
}

/** The issuer's public key taken for a shared secret (CVE-2016-5431). */
async function confused(idp: Idp, token: string): Promise<string> {
  const { keys } = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { readonly keys: readonly [object] }
  const pem = createPublicKey({ key: keys[0] as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const signing = `${encoded({ ...decoded(token, 0), alg: 'HS256' })}.${token.split('.')[1]}`
  return `${signing}.${createHmac('sha256', pem).update(signing).digest('base64url')}`
}

const decoded = (token: string, part: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString())

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** `{name}` replaced by the token of that name. */
export const withTokens = (text: string, tokens: Tokens): string =>
  text.replace(PLACEHOLDER, (whole, name: string) => {
    const token = tokens[name]
    if (token === undefined) throw new Error(`no token ${whole}`)
    return token
  })

/** The same in a body, where braces may stand for something else. */
export const withKnownTokens = (text: string, tokens: Tokens): string =>
  text.replace(PLACEHOLDER, (whole, name: string) => tokens[name] ?? whole)

const PLACEHOLDER = /\{([a-z0-9-]+)\}/g
