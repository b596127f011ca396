import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Denial, jwt } from '../../src/index.js'
import {
  AUDIENCE,
  ask,
  DISCOVERY_URL,
  FakeIssuer,
  headerOf,
  ISSUER,
  JWKS_URL,
  NOW,
  signed,
  standardClaims,
} from '../support/fake-issuer.js'

const MAX_BYTES = 256 * 1024
const unavailable = { allowed: false, kind: 'unavailable', code: 'keys_unavailable' }
const causeOf = (answer: unknown): string => String((answer as Denial).cause)

describe('a discovery document that is not believed', () => {
  test.each([
    ['another issuer', { issuer: 'https://evil.example', jwks_uri: JWKS_URL }, /another issuer/],
    ['the issuer with a slash', { issuer: `${ISSUER}/`, jwks_uri: JWKS_URL }, /another issuer/],
    ['the issuer in capitals', { issuer: ISSUER.toUpperCase(), jwks_uri: JWKS_URL }, /another issuer/],
    ['the issuer in an array', { issuer: [ISSUER], jwks_uri: JWKS_URL }, /another issuer/],
    ['no issuer', { jwks_uri: JWKS_URL }, /another issuer/],
    ['an array', [{ issuer: ISSUER, jwks_uri: JWKS_URL }], /another issuer/],
    ['null', null, /another issuer/],
    ['text', ISSUER, /another issuer/],
    ['no jwks_uri', { issuer: ISSUER }, /no jwks_uri over TLS/],
    ['plain http to another host', { issuer: ISSUER, jwks_uri: 'http://keys.example/jwks' }, /no jwks_uri over TLS/],
    ['a look-alike of loopback', { issuer: ISSUER, jwks_uri: 'http://127.0.0.1.example/' }, /no jwks_uri over TLS/],
    ['a private address', { issuer: ISSUER, jwks_uri: 'http://169.254.169.254/' }, /no jwks_uri over TLS/],
    ['a file', { issuer: ISSUER, jwks_uri: 'file:///etc/passwd' }, /no jwks_uri over TLS/],
    ['data', { issuer: ISSUER, jwks_uri: 'data:application/json,{"keys":[]}' }, /no jwks_uri over TLS/],
    ['a path', { issuer: ISSUER, jwks_uri: '/jwks' }, /no jwks_uri over TLS/],
    ['credentials', { issuer: ISSUER, jwks_uri: 'https://user:secret@idp.test/jwks' }, /no jwks_uri over TLS/],
    ['several', { issuer: ISSUER, jwks_uri: [JWKS_URL] }, /no jwks_uri over TLS/],
  ])('%s: 503, and nothing more is asked', async (_name, document, cause) => {
    const idp = new FakeIssuer()
    idp.fault = () => Response.json(document)
    const answer = await ask(idp.guard(), idp.token())
    expect(answer).toMatchObject(unavailable)
    expect(causeOf(answer)).toMatch(cause)
    expect(idp.requests).toEqual([DISCOVERY_URL])
  })
})

describe('good keys survive, and a guard without keys stays shut', () => {
  const tooLong = () => new Response(' '.repeat(MAX_BYTES + 1))
  test.each<[string, (good: unknown) => Response]>([
    ['500', () => new Response('{}', { status: 500 })],
    ['404', () => new Response('{}', { status: 404 })],
    ['204', () => new Response(null, { status: 204 })],
    ['206', (good) => Response.json({ keys: [good] }, { status: 206 })],
    ['500 with a good key', (good) => Response.json({ keys: [good] }, { status: 500 })],
    ['no network', () => Response.error()],
    [
      'an exception',
      () => {
        throw new TypeError('fetch failed')
      },
    ],
    ['nothing', () => new Response('')],
    ['no body', () => new Response(null)],
    ['HTML', () => new Response('<!doctype html><title>Sign in</title>')],
    ['half of JSON', () => new Response('{"keys":[')],
    ['bytes that are not UTF-8', () => new Response(Buffer.from('{"keys":["\xff"]}', 'latin1'))],
    ['null', () => Response.json(null)],
    ['text', () => Response.json('keys')],
    ['no keys member', () => Response.json({})],
    ['keys that are no array', () => Response.json({ keys: { 0: {} } })],
    ['an empty set', () => Response.json({ keys: [] })],
    ['a set without a usable key', () => Response.json({ keys: [null, {}, { kty: 'oct', k: 'AAAA' }] })],
    ['too long an answer', tooLong],
  ])('%s', async (_name, fault) => {
    const idp = new FakeIssuer()
    const guard = idp.guard({ jwksUri: JWKS_URL })
    const token = idp.token()
    await ask(guard, token)
    idp.fault = () => fault(idp.keys[0]!.jwk)
    expect(await ask(guard, idp.token({}, { kid: 'unknown' }))).toMatchObject(unavailable)
    expect(idp.requests).toHaveLength(2)
    expect(await ask(guard, token)).toMatchObject({ allowed: true })
    expect(await ask(guard, idp.token())).toMatchObject({ allowed: true })

    expect(await ask(idp.guard({ jwksUri: JWKS_URL }), token)).toMatchObject(unavailable)
  })
})

describe('size', () => {
  test.each([
    [MAX_BYTES, { allowed: true }],
    [MAX_BYTES + 1, unavailable],
  ])('a key set of %i bytes', async (size, expected) => {
    const idp = new FakeIssuer()
    const text = JSON.stringify({ keys: [idp.keys[0]!.jwk] })
    idp.fault = () => new Response(text.padEnd(size))
    expect(await ask(idp.guard({ jwksUri: JWKS_URL }), idp.token())).toMatchObject(expected)
  })

  test('an endless answer is read up to 256 KiB and cancelled', async () => {
    const idp = new FakeIssuer()
    let sent = 0
    const cancel = vi.fn()
    const pull = (controller: ReadableStreamDefaultController) => {
      sent += 1024
      controller.enqueue(new Uint8Array(1024).fill(0x20))
    }
    idp.fault = () => new Response(new ReadableStream({ pull, cancel }))
    const answer = await ask(idp.guard(), idp.token())
    expect(answer).toMatchObject(unavailable)
    expect(causeOf(answer)).toMatch(/more than 262144 bytes/)
    expect(cancel).toHaveBeenCalledOnce()
    expect(sent).toBeLessThanOrEqual(MAX_BYTES + 4096)
  })

  test('the body of a refused answer is not read', async () => {
    const idp = new FakeIssuer()
    const cancel = vi.fn()
    const body = new ReadableStream({ pull: () => new Promise(() => {}), cancel })
    idp.fault = () => new Response(body, { status: 500 })
    expect(await ask(idp.guard(), idp.token())).toMatchObject(unavailable)
    expect(cancel).toHaveBeenCalledOnce()
  })
})

describe('over a real socket', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  /** A guard whose keys come from a server that does as `listener` says, a token, and the paths that were asked for. */
  async function served(listener: (origin: string, jwks: string) => RequestListener) {
    const idp = new FakeIssuer()
    const paths: string[] = []
    const server = createServer((request, response) => {
      paths.push(request.url ?? '')
      listener(issuer, JSON.stringify({ keys: [idp.keys[0]!.jwk] }))(request, response)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const claims = { ...standardClaims(), iss: issuer, exp: NOW + 86_400 }
    const token = signed(idp.keys[0]!, headerOf(idp.keys[0]!), claims)
    return { guard: jwt({ issuer, audience: AUDIENCE, jwksUri: `${issuer}/jwks` }), token, paths, server, issuer }
  }

  test('keys are fetched, and asked for as JSON', async () => {
    const accepted: unknown[] = []
    const { guard, token } = await served((_origin, jwks) => (request, response) => {
      accepted.push(request.headers.accept, request.headers.authorization, request.headers.cookie)
      response.end(jwks)
    })
    expect(await ask(guard, token)).toMatchObject({ allowed: true })
    expect(accepted).toEqual(['application/json', undefined, undefined])
  })

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is refused, even to a good key set', async (status) => {
    const { guard, token, paths } = await served((origin, jwks) => (request, response) => {
      if (request.url === '/moved') response.end(jwks)
      else response.writeHead(status, { location: `${origin}/moved` }).end()
    })
    expect(await ask(guard, token)).toMatchObject(unavailable)
    expect(paths).toEqual(['/jwks'])
  })

  test('a small answer that inflates to 64 MiB is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20))
    expect(bomb.length).toBeLessThan(MAX_BYTES)
    const { guard, token } = await served(() => (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    const answer = await ask(guard, token)
    expect(answer).toMatchObject(unavailable)
    expect(causeOf(answer)).toMatch(/more than 262144 bytes/)
  })

  test('an answer that breaks off is refused', async () => {
    const { guard, token } = await served((_origin, jwks) => (_request, response) => {
      response.writeHead(200, { 'content-length': jwks.length + 10 }).write(jwks, () => response.destroy())
    })
    expect(await ask(guard, token)).toMatchObject(unavailable)
  })

  test('nobody listens: 503; somebody does again: recovery', async () => {
    const { guard, token, server, issuer } = await served((_origin, jwks) => (_request, response) => response.end(jwks))
    await new Promise((resolve) => server.close(resolve))
    expect(await ask(guard, token)).toMatchObject(unavailable)
    await new Promise<void>((resolve) => server.listen(Number(new URL(issuer).port), '127.0.0.1', resolve))
    expect(await ask(guard, token, NOW * 1000 + 3_000)).toMatchObject({ allowed: true })
  })

  test('an answer that does not come, or does not end, is given up after five seconds', async () => {
    const silent = await served(() => () => {})
    const dribbling = await served(() => (_request, response) => {
      const timer = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(timer))
    })
    const startedAt = performance.now()
    const answers = await Promise.all([silent, dribbling].map(({ guard, token }) => ask(guard, token)))
    for (const answer of answers) {
      expect(answer).toMatchObject(unavailable)
      expect(causeOf(answer)).toMatch(/TimeoutError/)
    }
    const tookMs = performance.now() - startedAt
    expect(tookMs).toBeGreaterThan(4_900)
    expect(tookMs).toBeLessThan(10_000)
  })
})
