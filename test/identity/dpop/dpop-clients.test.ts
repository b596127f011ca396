import * as dpopLibrary from 'dpop'
import * as oauth from 'oauth4webapi'
import { describe, expect, test } from 'vitest'
import { dpop, jwt } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { askFor, DpopClient, hashOf, ORIGIN, requestOf, thumbprintOf } from '../../support/dpop-client.js'
import { AUDIENCE, headerOf, ISSUER, signed, standardClaims, testKey } from '../../support/fake-issuer.js'

type Members = Readonly<Record<string, unknown>>
type Algorithm = 'ES256' | 'Ed25519' | 'RS256' | 'PS256'

const issuer = testKey('ES256')
/** These clients, and the oracle, go by the clock of the machine. */
const nowMs = () => Date.now()
const seconds = () => Math.floor(nowMs() / 1000)
const tokenFor = (jwk: Members) =>
  signed(issuer, headerOf(issuer), {
    ...standardClaims(),
    iat: seconds(),
    exp: seconds() + 300,
    cnf: { jkt: thumbprintOf(jwk) },
  })
const guardWith = (nonce = false) =>
  jwt({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: [issuer.jwk] },
    proofs: [dpop({ origin: ORIGIN, required: true, nonce })],
  })
const SHOP: oauth.Client = { client_id: 'shop' }
const jwkOf = async (key: oauth.CryptoKey) => (await crypto.subtle.exportKey('jwk', key)) as Members

describe.each<Algorithm>(['ES256', 'Ed25519', 'RS256', 'PS256'])('clients with %s', (algorithm) => {
  test('dpop', async () => {
    const guard = guardWith(true)
    const pair = await dpopLibrary.generateKeyPair(algorithm)
    const token = tokenFor(await jwkOf(pair.publicKey))
    const send = async (nonce?: string) => {
      const proof = await dpopLibrary.generateProof(pair, `${ORIGIN}/orders/7?full=1#top`, 'PUT', nonce, token)
      return askFor(
        guard,
        requestOf(token, [proof], { method: 'PUT', path: '/orders/7', query: 'full=1', nowMs: nowMs() }),
      )
    }
    const first = await send()
    expect(first).toMatchObject({ code: 'dpop_nonce_missing' })
    expect(await send(first.headers?.[0]?.[1])).toMatchObject({
      allowed: true,
      facts: { principal: { proof: 'dpop' } },
    })
  })

  test('oauth4webapi, which takes the nonce that it is given', async () => {
    const guard = guardWith(true)
    const pair = await oauth.generateKeyPair(algorithm)
    const token = tokenFor(await jwkOf(pair.publicKey))
    const handle = oauth.DPoP(SHOP, pair)
    const statuses: number[] = []
    /** The service, as far as this client sees one. */
    const fetch = async (url: string, init: { readonly method: string; readonly headers: Record<string, string> }) => {
      const { pathname } = new URL(url)
      const headers = Object.entries(init.headers)
      const answer = await askFor(guard, contextFor({ method: init.method, path: pathname, headers, nowMs: nowMs() }))
      const fields = (answer.headers ?? []).map(([name, value]) => [name, value ?? ''] as [string, string])
      if (!answer.allowed && answer.kind === 'unauthenticated') {
        const { params = {} } = answer.challenges[0]
        const list = Object.entries(params).map(([name, value]) => `${name}="${value}"`)
        fields.push(['www-authenticate', `DPoP ${list.join(', ')}`])
      }
      statuses.push(answer.allowed ? 200 : 401)
      return new Response('{}', { status: statuses.at(-1)!, headers: fields })
    }
    const send = () =>
      oauth.protectedResourceRequest(token, 'POST', new URL(`${ORIGIN}/payments`), undefined, '{}', {
        DPoP: handle,
        [oauth.customFetch]: fetch,
      })
    const refused = await send().catch((error: unknown) => error)
    expect(oauth.isDPoPNonceError(refused)).toBe(true)
    expect((await send()).status).toBe(200)
    expect(statuses).toEqual([401, 200])
  })
})

/** Where oauth4webapi, as a resource server, lets a request pass that dpop() refuses. Nowhere else, and never the other way round. */
const STRICTER: Readonly<Record<string, string>> = {
  'typ in capitals': 'RFC 9449 section 4.2 gives one spelling; RFC 7515 would let a media type be written in any case',
  'typ with application/': 'as above; RFC 9068 allows it in so many words, RFC 9449 does not',
  'iat 200 s ago': 'a minute by default; it allows five',
  'iat 200 s ahead': 'dated ahead by five seconds at most; it allows five minutes',
  'htu with a backslash': 'no URI (RFC 3986); URL reads it as a slash',
  'htu with a tab': 'as above; URL drops it',
  'htu with spaces around': 'as above',
  'htu with a port of two zeros': 'ports are compared as they are written; URL counts',
  'jti empty': 'RFC 9449 section 4.2: a unique identifier',
  'jwk with key_ops to sign': 'RFC 7517 section 4.3; it lets the platform ask, which imports what it needs only',
  'jwk for encryption': 'RFC 7517 section 4.2',
  'jku beside': 'a proof brings its key, and nothing that says where another one is',
  'padded signature': 'no part has padding (RFC 7515 section 2)',
  'the same proof again': 'it keeps no store, and leaves that to its caller',
}

describe('oauth4webapi as an oracle', () => {
  const client = new DpopClient()
  const bound = () => tokenFor(client.jwk)
  const other = testKey('ES256')
  const now = seconds()
  const url = `${ORIGIN}/me`
  const jwk = client.jwk
  const change =
    (claims: Members, header: Members = {}) =>
    (token: string) =>
      client.proof(token, { iat: seconds(), ...claims }, header)
  const rows: Readonly<Record<string, (token: string) => string>> = {
    'nothing wrong': change({}),
    'htu in capitals': change({ htu: 'HTTPS://API.EXAMPLE.COM/me' }),
    'htu with the default port': change({ htu: 'https://api.example.com:443/me' }),
    'htu with a query': change({ htu: `${url}?a=b` }),
    'htu with a fragment': change({ htu: `${url}#a` }),
    'htu with dot segments': change({ htu: `${ORIGIN}/a/../me` }),
    'htu with encoded dot segments': change({ htu: `${ORIGIN}/%2e%2e/me` }),
    'iat 50 s ago': change({ iat: now - 50 }),
    'kid beside': change({}, { kid: 'mine' }),
    'more claims': change({ more: [1] }),
    'typ in capitals': change({}, { typ: 'DPOP+JWT' }),
    'typ with application/': change({}, { typ: 'application/dpop+jwt' }),
    'typ missing': change({}, { typ: undefined }),
    'typ JWT': change({}, { typ: 'JWT' }),
    'alg none': change({}, { alg: 'none' }),
    'alg HS256': change({}, { alg: 'HS256' }),
    'alg of another key': change({}, { alg: 'RS256' }),
    'jwk missing': change({}, { jwk: undefined }),
    'jwk null': change({}, { jwk: null }),
    'jwk private': change({}, { jwk: client.key.privateKey.export({ format: 'jwk' }) }),
    'jwk of another': change({}, { jwk: other.publicKey.export({ format: 'jwk' }) }),
    'jwk with key_ops to sign': change({}, { jwk: { ...jwk, key_ops: ['sign'] } }),
    'jwk for encryption': change({}, { jwk: { ...jwk, use: 'enc' } }),
    'jku beside': change({}, { jku: 'https://evil.example' }),
    'crit unknown': change({}, { crit: ['exp'], exp: 1 }),
    'signed by another': (token) => signed(other, client.header(), client.claims(token, { iat: seconds() })),
    'padded signature': (token) => `${client.proof(token, { iat: seconds() })}==`,
    'htm of another method': change({ htm: 'POST' }),
    'htm in small letters': change({ htm: 'get' }),
    'htm missing': change({ htm: undefined }),
    'htu missing': change({ htu: undefined }),
    'htu a number': change({ htu: 1 }),
    'htu of another host': change({ htu: 'https://evil.example/me' }),
    'htu of another path': change({ htu: `${ORIGIN}/you` }),
    'htu by http': change({ htu: 'http://api.example.com/me' }),
    'htu with a port': change({ htu: 'https://api.example.com:8443/me' }),
    'htu with a slash more': change({ htu: `${url}/` }),
    'htu with a backslash': change({ htu: 'https://api.example.com\\me' }),
    'htu with a tab': change({ htu: 'https://api.example.com/m\te' }),
    'htu with spaces around': change({ htu: ` ${url} ` }),
    'htu with userinfo': change({ htu: 'https://a@api.example.com/me' }),
    'htu with a port of two zeros': change({ htu: 'https://api.example.com:00443/me' }),
    'iat missing': change({ iat: undefined }),
    'iat text': change({ iat: String(now) }),
    'iat 200 s ago': change({ iat: now - 200 }),
    'iat 200 s ahead': change({ iat: now + 200 }),
    'iat an hour ago': change({ iat: now - 3600 }),
    'exp past': change({ exp: now - 100 }),
    'nbf to come': change({ nbf: now + 100 }),
    'ath missing': change({ ath: undefined }),
    'ath of another token': change({ ath: hashOf('another') }),
    'jti missing': change({ jti: undefined }),
    'jti empty': change({ jti: '' }),
    'jti a number': change({ jti: 1 }),
    'nonce of nobody': change({ nonce: 'x' }),
  }
  const sides = async (token: string, proof: string, guard = guardWith()) => {
    const ours = await askFor(guard, requestOf(token, [proof], { nowMs: nowMs() }))
    const headers = { authorization: `DPoP ${token}`, dpop: proof }
    const as = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }
    const theirs = await oauth
      .validateJwtAccessToken(as, new Request(url, { headers }), AUDIENCE, {
        requireDPoP: true,
        [oauth.customFetch]: async () => Response.json({ keys: [issuer.jwk] }),
      })
      .then(
        () => true,
        () => false,
      )
    return [ours.allowed, theirs] as const
  }

  test.each(Object.entries(rows))('%s', async (name, proofOf) => {
    const token = bound()
    const [ours, theirs] = await sides(token, proofOf(token))
    if (name in STRICTER) expect([ours, theirs]).toEqual([false, true])
    else expect(ours).toBe(theirs)
  })

  test('the same proof again', async () => {
    const token = bound()
    const proof = client.proof(token, { iat: seconds() })
    const guard = guardWith()
    expect(await sides(token, proof, guard)).toEqual([true, true])
    expect(await sides(token, proof, guard)).toEqual([false, true])
  })

  test('every difference is one that is met', () => {
    expect(Object.keys(STRICTER).filter((name) => !(name in rows))).toEqual(['the same proof again'])
  })
})
