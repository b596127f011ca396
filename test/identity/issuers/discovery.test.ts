import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { discover } from '../../../src/identity/issuers/discovery.js'
import { clientSecretBasic, type Fetch, introspect, jwt, trustedIssuer } from '../../../src/index.js'
import { AUDIENCE, ask, headerOf, NOW, signed, standardClaims, testKey } from '../../support/fake-issuer.js'
import { json } from '../../support/fake-server.js'

type Answer = (response: ServerResponse) => void

/** What each path of the server answers; 404 for others. */
const answers = new Map<string, Answer>()
const requests: string[] = []
const server = createServer((request, response) => {
  requests.push(request.url!)
  const answer = answers.get(request.url!)
  if (answer === undefined) response.writeHead(404).end('<html>')
  else answer(response)
})
let origin: string

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
})
beforeEach(() => {
  answers.clear()
  requests.length = 0
})

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end()
const says =
  (body: unknown): Answer =>
  (response) =>
    json(response, body)

const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'
const network: Fetch = (url, init) => fetch(url, init)
const never = new AbortController().signal

describe.each([
  ['', OPENID, OAUTH],
  ['/', OPENID, OAUTH],
  ['/realms/shop', `/realms/shop${OPENID}`, `${OAUTH}/realms/shop`],
  ['/realms/shop/', `/realms/shop${OPENID}`, `${OAUTH}/realms/shop`],
])('an issuer with the path "%s"', (path, openId, oauth) => {
  const key = testKey()
  const metadata = () => ({
    issuer: `${origin}${path}`,
    jwks_uri: `${origin}/jwks`,
    introspection_endpoint: `${origin}/introspect`,
  })
  const trusted = () => ({ issuer: `${origin}${path}`, audience: AUDIENCE })

  test('that OpenID Connect Discovery finds is asked for nothing else', async () => {
    answers.set(openId, says(metadata())).set(oauth, says({}))
    expect(await discover(`${origin}${path}`, network, never)).toEqual(metadata())
    expect(requests).toEqual([openId])
  })

  test('that only RFC 8414 finds has keys', async () => {
    answers.set(oauth, says(metadata())).set('/jwks', says({ keys: [key.jwk] }))
    const token = signed(key, headerOf(key), { ...standardClaims(), iss: `${origin}${path}` })
    expect(await ask(jwt(trusted()), token)).toMatchObject({ allowed: true })
    expect(requests).toEqual([openId, oauth, '/jwks'])
  })

  test('that only RFC 8414 finds is asked about opaque tokens', async () => {
    const answer = { active: true, aud: AUDIENCE, sub: 'alice', client_id: 'shop', exp: NOW + 60 }
    answers.set(oauth, says(metadata())).set('/introspect', says(answer))
    const clientAuth = clientSecretBasic({ clientId: 'orders', clientSecret: 'secret' })
    expect(await ask(introspect({ ...trusted(), clientAuth }), 'opaque')).toMatchObject({ allowed: true })
    expect(requests).toEqual([openId, oauth, '/introspect'])
  })

  test('that neither finds: the error names both', async () => {
    await expect(discover(`${origin}${path}`, network, never)).rejects.toThrow(
      `${origin}${openId} answered 404, ${origin}${oauth} answered 404`,
    )
    expect(requests).toEqual([openId, oauth])
  })
})

describe('the document of RFC 8414', () => {
  const ask414 = () => discover(`${origin}/a`, network, never)
  const [openId, oauth] = [`/a${OPENID}`, `${OAUTH}/a`]

  test.each([400, 401, 403, 404, 405, 410])('is asked for after %i', async (code) => {
    answers.set(openId, status(code)).set(oauth, says({ issuer: `${origin}/a` }))
    expect(await ask414()).toEqual({ issuer: `${origin}/a` })
  })

  test.each<[string, Answer]>([
    ...[408, 425, 429, 500, 502, 503, 504].map((code): [string, Answer] => [`${code}`, status(code)]),
    ['204', status(204)],
    ['a redirect', status(302, { location: '/elsewhere' })],
    ['no JSON', (response) => void response.end('<html>')],
    ['null', says(null)],
    ['the document of another issuer', says({ issuer: 'https://other.test' })],
    ['too much', says('x'.repeat(256 * 1024))],
    ['a connection that breaks off', (response) => void response.destroy()],
  ])('is not asked for after %s', async (_name, answer) => {
    answers.set(openId, answer).set(oauth, says({ issuer: `${origin}/a` }))
    await expect(ask414()).rejects.toThrow()
    expect(requests).toEqual([openId])
  })

  test.each<[string, Answer, RegExp]>([
    ['another issuer', says({ issuer: 'https://other.test' }), /is about another issuer/],
    ['the issuer without its path', (response) => json(response, { issuer: origin }), /is about another issuer/],
    ['the issuer with a slash', (response) => json(response, { issuer: `${origin}/a/` }), /is about another issuer/],
    ['null', says(null), /is about another issuer/],
    ['a redirect', status(302, { location: '/elsewhere' }), /fetch failed/],
    ['no JSON', (response) => void response.end('<html>'), /JSON/],
    ['too much', says('x'.repeat(256 * 1024)), /more than 262144 bytes/],
    ['503', status(503), /oauth-authorization-server\/a answered 503$/],
  ])('with %s is held to the same rules', async (_name, answer, message) => {
    answers.set(oauth, answer).set('/elsewhere', says({ issuer: `${origin}/a` }))
    await expect(ask414()).rejects.toThrow(message)
    expect(requests).toEqual([openId, oauth])
  })

  test('with keys in the clear on another host gives none', async () => {
    answers.set(oauth, says({ issuer: `${origin}/a`, jwks_uri: 'http://idp.example/jwks' }))
    expect(await trustedIssuer({ issuer: `${origin}/a`, audience: AUDIENCE }).warm()).toBe(false)
    expect(requests).toEqual([openId, oauth])
  })

  test('is not asked for when the time is up', async () => {
    const controller = new AbortController()
    answers.set(openId, () => controller.abort())
    await expect(discover(`${origin}/a`, network, controller.signal)).rejects.toThrow(/abort/)
    expect(requests).toEqual([openId])
  })

  test('is given up when the time is up', async () => {
    const controller = new AbortController()
    answers.set(oauth, () => controller.abort())
    await expect(discover(`${origin}/a`, network, controller.signal)).rejects.toThrow(/abort/)
    expect(requests).toEqual([openId, oauth])
  })
})

describe('time', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  test('both documents together have five seconds', async () => {
    const asked: string[] = []
    const slow: Fetch = async (url) => {
      asked.push(url)
      if (asked.length > 1) return new Promise(() => {})
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      return new Response(null, { status: 404 })
    }
    const ended: boolean[] = []
    const warmed = trustedIssuer({ issuer: 'https://idp.test', audience: AUDIENCE, fetch: slow }).warm()
    void warmed.then((isWarm) => ended.push(isWarm))
    await vi.advanceTimersByTimeAsync(4_999)
    expect([asked.length, ended]).toEqual([2, []])
    await vi.advanceTimersByTimeAsync(1)
    expect(ended).toEqual([false])
  })
})
