import { type Idp, slowRequest, startIdp, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CLERK } from './support/callers.js'
import { part } from './support/forge.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

let idp: Idp
const services = new Map<string, OrdersService>()
beforeAll(async () => {
  idp = await startIdp({ clients: [], algorithm: 'ES256' })
  for (const [name, script] of SERVICES) services.set(name, await OrdersService.start(script, { ISSUER: idp.issuer }))
})
afterAll(async () => {
  for (const service of services.values()) await service.close()
  await idp.close()
})

/** What takes seconds, all at once. */
describe('threats that need time', { concurrent: true, timeout: 25_000 }, () => {
  test.each(SERVICES)('%s: a flood of unknown kids does not starve a real rotation', async (_name, script) => {
    const own = await startIdp({ clients: [], algorithm: 'ES256' })
    const service = await OrdersService.start(script, { ISSUER: own.issuer })
    const statusOf = async (token: string) => (await service.send({ token, target: '/nowhere' })).status
    const old = await tokenFor(own)
    expect(await statusOf(old)).toBe(404)
    const [, body, signature] = old.split('.')
    let forged = 0
    const flood = () =>
      statusOf(`${part({ alg: 'ES256', typ: 'at+jwt', kid: `unknown-${forged++}` })}.${body}.${signature}`)
    expect(await flood()).toBe(401)
    await own.rotate()
    const token = await tokenFor(own)
    await vi.waitFor(
      async () => {
        await Promise.all(Array.from({ length: 5 }, flood))
        expect(await statusOf(token)).toBe(404)
      },
      { timeout: 15_000, interval: 500 },
    )
    expect(own.requests.get('/jwks')).toBeLessThanOrEqual(4)
    await Promise.all([service.close(), own.close()])
  })

  test.each(SERVICES)('%s: requests that stop, or arrive a byte at a time, hold nothing for ever', async (name) => {
    const service = services.get(name)!
    const token = await tokenFor(idp, CLERK)
    service.keepSecret(token)
    const fields = ['host: service.test', `authorization: Bearer ${token}`, 'content-type: application/json']
    const head = `POST /orders HTTP/1.1\r\n${fields.join('\r\n')}\r\ncontent-length: 1000\r\nconnection: close\r\n`
    const startedAt = performance.now()
    const [nothing, halfHead, slowHead, ...bodies] = await Promise.all(
      [
        { start: '' },
        { start: head },
        { start: head, drip: { text: 'x', everyMs: 200 } },
        { start: `${head}\r\n{` },
        { start: `${head}\r\n{`, drip: { text: ' ', everyMs: 200 } },
      ].map((request) => slowRequest(service.process.port, request)),
    )
    expect(performance.now() - startedAt).toBeLessThan(18_000)
    for (const answer of [nothing, halfHead, slowHead]) expect(answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/)
    for (const answer of bodies) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\ncontent-type: application\/problem\+json\r\n/i)
    }
  })

  test.each(SERVICES)('%s: a verified token does not outlive exp in the cache', async (name) => {
    const service = services.get(name)!
    const exp = Math.floor(Date.now() / 1000) - 25
    const token = await tokenFor(idp, { exp })
    const isKnown = (await service.send({ token, target: '/nowhere' })).status
    expect([isKnown, (await service.send({ token, target: '/nowhere' })).status]).toEqual([404, 404])
    const answer = await vi.waitFor(
      async () => {
        const later = await service.send({ token, target: '/nowhere' })
        expect(later.status).toBe(401)
        return later
      },
      { timeout: 15_000, interval: 500 },
    )
    expect((await service.audit(answer)).code).toBe('token_expired')
    expect(Date.now() / 1000 - exp).toBeLessThan(60)
  })
})
