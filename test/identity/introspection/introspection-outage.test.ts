import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clientSecretBasic, clientSecretPost } from '../../../src/index.js'
import { ask, NOW, NOW_MS } from '../../support/fake-issuer.js'
import { CLIENT_ID, CLIENT_SECRET, FakeServer, json } from '../../support/fake-server.js'

const server = new FakeServer()
const target = new FakeServer()
const away = { kind: 'unavailable', code: 'introspection_unavailable' }

beforeAll(async () => {
  await Promise.all([server.listen(), target.listen()])
})
afterAll(async () => {
  await Promise.all([server.close(), target.close()])
})
beforeEach(() => server.reset())

const plain = (status: number, type: string, body: string) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': type }).end(body)

/** Body and type of an answer that would be taken. */
const good = () => JSON.stringify(server.answer())

describe('no answer is no permission', () => {
  test.each<[string, () => (response: ServerResponse) => void, RegExp]>([
    ['breaks off', () => (response) => response.destroy(), /fetch failed/],
    ['401', () => plain(401, 'application/json', good()), /answered 401: it refuses the credentials/],
    ['403', () => plain(403, 'application/json', good()), /answered 403: it refuses the credentials/],
    ['404', () => plain(404, 'application/json', good()), /answered 404$/],
    ['400', () => plain(400, 'application/json', good()), /answered 400$/],
    ['500', () => plain(500, 'application/json', good()), /answered 500$/],
    ['503', () => plain(503, 'application/json', good()), /answered 503$/],
    ['201', () => plain(201, 'application/json', good()), /answered 201$/],
    ['HTML', () => plain(200, 'text/html', good()), /did not answer with JSON/],
    ['no type', () => plain(200, '', good()), /did not answer with JSON/],
    ['a longer type', () => plain(200, 'application/json-seq', good()), /did not answer with JSON/],
    ['half of it', () => plain(200, 'application/json', good().slice(0, -1)), /no JSON object/],
    ['nothing', () => plain(200, 'application/json', ''), /no JSON object/],
    ['a list', () => plain(200, 'application/json', `[${good()}]`), /no JSON object/],
    ['null', () => plain(200, 'application/json', 'null'), /no JSON object/],
    ['a huge one', () => plain(200, 'application/json', good().padEnd(256 * 1024 + 1)), /more than 262144 bytes/],
    ['no UTF-8', () => (response) => void response.writeHead(200, TYPE).end(Buffer.from([0x7b, 0xff, 0x7d])), /./],
  ])('%s: 503', async (_name, fault, cause) => {
    const token = server.opaque()
    server.fault = fault()
    const answer = await ask(server.guard(), token)
    expect(answer).toMatchObject({ ...away, retryAfterSeconds: expect.any(Number) })
    const { message } = (answer as { readonly cause: Error }).cause
    expect(message).toMatch(cause)
  })

  const TYPE = { 'content-type': 'application/json' }

  test('a redirect is not followed: neither token nor credentials go elsewhere', async () => {
    server.fault = (response) => void response.writeHead(307, { location: target.endpoint }).end()
    expect(await ask(server.guard(), server.opaque())).toMatchObject(away)
    expect(target.requests).toEqual([])
  })

  test('one that never ends is given up in time', async () => {
    server.fault = (response) => void response.writeHead(200, TYPE).write('{"active":')
    const startedAtMs = performance.now()
    expect(await ask(server.guard({ timeoutMs: 150 }), server.opaque())).toMatchObject(away)
    expect(performance.now() - startedAtMs).toBeLessThan(1_500)
  })

  test('nothing of the token, the secret or the answer is told to the log', async () => {
    const secrets = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }
    for (const clientAuth of [clientSecretBasic(secrets), clientSecretPost(secrets)]) {
      for (const status of [200, 400, 401, 500]) {
        const token = server.opaque()
        server.fault = (response, { form, headers }) =>
          plain(status, 'application/json', `${form.token} ${form.client_secret} ${headers.authorization}`)(response)
        const answer = await ask(server.guard({ clientAuth }), token)
        const { message, stack } = (answer as { readonly cause: Error }).cause
        const basic = Buffer.from(`${CLIENT_ID}:`).toString('base64').slice(0, -2)
        for (const told of [message, stack, JSON.stringify(clientAuth)])
          for (const secret of [token, CLIENT_SECRET, basic]) expect(told).not.toContain(secret)
      }
    }
  })
})

describe('an issuer that is away', () => {
  const down = (response: ServerResponse) => void response.destroy()

  test('is left alone for a second, then two, then four, then five; and recovers by itself', async () => {
    const guard = server.guard({ endpoint: server.endpoint })
    server.fault = down
    const askedAt: number[] = []
    for (let ms = 0; ms < 25_000; ms += 250) {
      const before = server.asked.length
      expect(await ask(guard, server.opaque(), NOW_MS + ms)).toMatchObject(away)
      if (server.asked.length > before) askedAt.push(ms)
    }
    const rests = askedAt.slice(1).map((ms, i) => ms - askedAt[i]!)
    expect(rests.map((ms) => Math.floor(ms / 1000))).toEqual([1, 2, 4, 5, 5, 5])
    server.fault = undefined
    expect(await ask(guard, server.opaque(server.answer()), NOW_MS + 31_000)).toMatchObject({ allowed: true })
    expect(await ask(guard, server.opaque(server.answer()), NOW_MS + 31_000)).toMatchObject({ allowed: true })
  })

  test('a clock that steps back an hour makes the rest no longer', async () => {
    const guard = server.guard()
    server.fault = down
    await ask(guard, server.opaque())
    server.fault = undefined
    expect(await ask(guard, server.opaque(server.answer({ iat: undefined })), NOW_MS - 3_600_000)).toMatchObject({
      allowed: true,
    })
  })

  test('answers that are remembered go on being good', async () => {
    const guard = server.guard()
    const token = server.opaque(server.answer())
    await ask(guard, token)
    server.fault = down
    await ask(guard, server.opaque())
    expect(await ask(guard, token)).toMatchObject({ allowed: true })
    expect(await ask(guard, token, NOW_MS + 30_000)).toMatchObject(away)
  })

  test('a token that the server stumbles over turns no other away, and is not sent again at once', async () => {
    const guard = server.guard()
    const poison = server.opaque()
    server.fault = (response, { form }) =>
      form.token === poison ? json(response, {}, 500) : json(response, server.answer())
    expect(await ask(guard, poison)).toMatchObject(away)
    expect(await ask(guard, server.opaque())).toMatchObject({ allowed: true })
    expect(await ask(guard, poison)).toMatchObject(away)
    expect(server.asked).toHaveLength(2)
    await ask(guard, poison, NOW_MS + 2_000)
    expect(server.asked).toHaveLength(3)
  })

  test('a token whose answer is nested deep is like any other, and turns none away', async () => {
    const guard = server.guard()
    const deep = server.opaque()
    const nested = `${'['.repeat(60_000)}${']'.repeat(60_000)}`
    server.fault = (response, { form }) =>
      form.token === deep
        ? plain(200, 'application/json', `${good().slice(0, -1)},"deep":${nested}}`)(response)
        : json(response, server.answer())
    const { allowed } = await ask(guard, deep) // all of it is too much to print
    expect(allowed).toBe(true)
    expect(await ask(guard, server.opaque())).toMatchObject({ allowed: true })
  })

  test('one that stumbles over all of them is left alone as well', async () => {
    const guard = server.guard()
    server.fault = (response) => json(response, {}, 500)
    for (let i = 0; i < 20; i++) expect(await ask(guard, server.opaque())).toMatchObject(away)
    expect(server.asked).toHaveLength(5)
  })
})

describe('onUnavailable: { staleSeconds }', () => {
  test.each([
    ['as long as it says', {}, [30, 89], [90, 3600]],
    ['never beyond exp', { exp: NOW + 60 }, [30, 59], [60]],
  ])('an old answer is believed %s', async (_name, change, believed, refused) => {
    const guard = server.guard({ onUnavailable: { staleSeconds: 60 }, clockToleranceSeconds: 0 })
    const token = server.opaque(server.answer(change))
    await ask(guard, token)
    server.fault = (response) => void response.destroy()
    for (const s of believed) expect(await ask(guard, token, NOW_MS + s * 1000)).toMatchObject({ allowed: true })
    for (const s of refused) expect(await ask(guard, token, NOW_MS + s * 1000)).toMatchObject(away)
  })

  test('a token that was never seen is not', async () => {
    server.fault = (response) => void response.destroy()
    expect(await ask(server.guard({ onUnavailable: { staleSeconds: 60 } }), server.opaque())).toMatchObject(away)
  })

  test('one that the issuer has since refused is not', async () => {
    const guard = server.guard({ onUnavailable: { staleSeconds: 600 }, cacheSeconds: 1, negativeCacheSeconds: 1 })
    const token = server.opaque(server.answer())
    await ask(guard, token)
    server.tokens.delete(token)
    expect(await ask(guard, token, NOW_MS + 1_000)).toMatchObject({ code: 'token_inactive' })
    server.fault = (response) => void response.destroy()
    expect(await ask(guard, token, NOW_MS + 3_000)).toMatchObject(away)
  })
})
