import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { type Idp, startIdp, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { forge, part } from './support/forge.js'
import { json, type KeyServer, startKeyServer } from './support/key-server.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ clients: [], algorithm: 'ES256' })
})
afterAll(() => idp.close())

describe.each(SERVICES)('%s', { concurrent: true }, (_name, script) => {
  const statusOf = async (service: OrdersService, token: string) =>
    (await service.send({ token, target: '/nowhere' })).status

  test('a flood of unknown kids: fetches bounded by time alone, known kids never wait', async () => {
    const own = await startIdp({ clients: [], algorithm: 'ES256' })
    const service = await OrdersService.start(script, { ISSUER: own.issuer })
    expect(await statusOf(service, await tokenFor(own))).toBe(404)
    const token = await tokenFor(own, { sub: 'flood' })
    const [, body, signature] = token.split('.')
    const forged = Array.from({ length: 200 }, (_, index) => {
      return `${part({ alg: 'ES256', typ: 'at+jwt', kid: `unknown-${index}` })}.${body}.${signature}`
    })
    const known = await Promise.all(Array.from({ length: 40 }, () => tokenFor(own)))
    const flooded = Promise.all(forged.map((text) => statusOf(service, text)))
    expect(new Set(await Promise.all(known.map((text) => statusOf(service, text))))).toEqual(new Set([404]))
    expect(new Set(await flooded)).toEqual(new Set([401]))
    expect(own.requests.get('/jwks')).toBe(2) // at the start, and once for all of the flood
    expect(own.requests.get('/.well-known/openid-configuration')).toBe(1)
    await Promise.all([service.close(), own.close()])
  })

  test('a real rotation: the new key is found, and a token of the old one, though cached, is refused', async () => {
    const own = await startIdp({ clients: [], algorithm: 'ES256' })
    const service = await OrdersService.start(script, { ISSUER: own.issuer })
    const old = await tokenFor(own)
    expect([await statusOf(service, old), await statusOf(service, old)]).toEqual([404, 404])
    await own.rotate()
    expect(await statusOf(service, await tokenFor(own))).toBe(404)
    const answer = await service.send({ token: old, target: '/nowhere' })
    expect([answer.status, (await service.audit(answer)).code]).toEqual([401, 'token_key_unknown'])
    await Promise.all([service.close(), own.close()])
  })

  test('JWKS down: known keys go on working, tokens of unknown ones get no further', async () => {
    const own = await startIdp({ clients: [], algorithm: 'ES256' })
    const service = await OrdersService.start(script, { ISSUER: own.issuer })
    const cached = await tokenFor(own)
    expect(await statusOf(service, cached)).toBe(404)
    await own.close()
    const unknown = await service.send({ token: await tokenFor(own, {}, { kid: 'unknown' }), target: '/nowhere' })
    expect([401, 503]).toContain(unknown.status)
    const startedAt = performance.now()
    expect([await statusOf(service, cached), await statusOf(service, await tokenFor(own))]).toEqual([404, 404])
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    await service.close()
  })

  describe('a cold start without good keys fails closed and recovers by itself', { concurrent: true }, () => {
    test.each<[what: string, broken: (lure: KeyServer) => RequestListener]>([
      ['garbage', () => (_request, response) => response.end('<html>')],
      ['huge', () => (_request, response) => endless(response)],
      ['redirecting', (lure) => (_request, response) => response.writeHead(302, { location: lure.origin }).end()],
      ['silent', () => () => {}],
    ])('%s', async (_what, broken) => {
      const published = await (await fetch(`${idp.issuer}/jwks`)).json()
      const lure = await startKeyServer(json(published))
      const keys = await startKeyServer(broken(lure))
      const service = await OrdersService.start(script, { ISSUER: idp.issuer, JWKS_URI: `${keys.origin}/jwks` })
      const answers = await Promise.all(
        Array.from({ length: 5 }, async () => service.send({ token: await tokenFor(idp), target: '/nowhere' })),
      )
      for (const answer of answers) {
        expect(answer.status).toBe(503)
        expect(answer.headers['retry-after']).toMatch(/^[1-9]\d?$/)
        expect(await service.audit(answer)).toMatchObject({ kind: 'unavailable', code: 'keys_unavailable' })
      }
      expect(keys.requests()).toBe(1)
      keys.become(json(published))
      const good = await tokenFor(idp)
      await vi.waitFor(async () => expect(await statusOf(service, good)).toBe(404), { timeout: 12_000, interval: 100 })
      expect(lure.requests()).toBe(0)
      await Promise.all([service.close(), keys.close(), lure.close()])
    })
  })

  test("a weak or malformed key in a JWKS is that key's problem", async () => {
    const { keys } = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { keys: readonly object[] }
    const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits })
    const [weak, free, shut, leaked] = [rsa(1024), rsa(2048), rsa(2048), rsa(2048)]
    const secret = Buffer.from('a-symmetric-key-that-somebody-published')
    const jwk = (key: KeyObject, kid: string, more: object = { alg: 'RS256' }) => ({
      ...key.export({ format: 'jwk' }),
      kid,
      ...more,
    })
    const server = await startKeyServer(
      json({
        keys: [
          null,
          'key',
          {},
          { kty: 'RSA', kid: 'half', alg: 'RS256', n: '!' },
          { kty: 'EC', kid: 'off', alg: 'ES256', crv: 'P-256', x: 'AA', y: 'AA' },
          { kty: 'oct', kid: 'oct', alg: 'HS256', k: secret.toString('base64url') },
          jwk(weak.publicKey, 'weak'),
          jwk(free.publicKey, 'free', {}),
          jwk(shut.publicKey, 'shut', { alg: 'RSA-OAEP', use: 'enc' }),
          jwk(leaked.privateKey, 'leaked'),
          ...keys,
        ],
      }),
    )
    const service = await OrdersService.start(script, { ISSUER: idp.issuer, JWKS_URI: `${server.origin}/jwks` })
    const now = Math.floor(Date.now() / 1000)
    const standard = {
      iss: idp.issuer,
      aud: 'orders-api',
      sub: 'alice',
      client_id: 'x',
      jti: '1',
      iat: now,
      exp: now + 60,
    }
    const by =
      ({ privateKey: key }: { readonly privateKey: KeyObject }, more: object = {}) =>
      (input: string) =>
        sign('sha256', Buffer.from(input), { key, ...more })
    const status = (kid: string, alg: string, signer: (input: string) => Uint8Array) =>
      statusOf(service, forge({ alg, kid, typ: 'at+jwt' }, standard, signer))

    expect(await statusOf(service, await tokenFor(idp))).toBe(404)
    expect(await status('free', 'RS256', by(free))).toBe(404)
    expect(await status('weak', 'RS256', by(weak))).toBe(401)
    expect(await status('shut', 'RS256', by(shut))).toBe(401)
    expect(await status('leaked', 'RS256', by(leaked))).toBe(401)
    // a key without alg does not let the token choose
    expect(await status('free', 'PS256', by(free, { padding: 6, saltLength: 32 }))).toBe(401)
    const mac = (input: string) => createHmac('sha256', secret).update(input).digest()
    expect(await status('oct', 'HS256', mac)).toBe(401)
    expect(server.requests()).toBeLessThanOrEqual(2)
    await Promise.all([service.close(), server.close()])
  })
})

/** JSON that never ends. */
function endless(response: Parameters<RequestListener>[1]): void {
  response.write('{"keys":[')
  const write = () => {
    if (response.destroyed) return
    response.write('{},'.repeat(20_000))
    setTimeout(write, 5)
  }
  write()
}
