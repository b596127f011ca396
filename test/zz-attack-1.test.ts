import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import express from 'express'
import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { createGuard } from '../packages/express/src/index.js'
import { createGuard as koaGuard } from '../packages/koa/src/index.js'
import { all, any, challenge, concurrencyLimit, failureLimit, memoryStore, rateLimit, shed, throttle, forbid, report, quota } from '../src/index.js'
import { answering } from './support/guards.js'
import { codeOf, requestsTo } from './rate/requests.js'

const deny401 = answering('no', challenge('token_missing', { scheme: 'Bearer' }))
const two = { name: 'x', limit: 2 } as const
describe('twins', () => {
  test('any leaks places', async () => {
    const c = concurrencyLimit({ ...two, limit: 10 })
    const client = requestsTo(any(all(c, deny401), all(c)))
    const left = []
    for (let i = 0; i < 12; i++) { const d = await client.pass(); left.push(codeOf(d), JSON.stringify(d.headers)) }
    console.log(left.join('\n'))
  })
  test('chargeAfter negative bytes', async () => {
    const r = rateLimit({ limit: 1000, windowMs: 1000, chargeAfter: ({ bytes }) => bytes })
    const client = requestsTo(r)
    const d = await client.pass({}, 499, -5)
    console.log((await client.pass()))
  })
  test('clock throws', async () => {
    const c = concurrencyLimit({ ...two, limit: 1 })
    const { guard } = createGuard({ audit: { record() {} }, clock: () => { if (bad) throw new Error('clock'); return Date.now() } })
    let bad = false
    const app = express(); app.use(guard(c)); app.get('/', (_q, r) => { bad = true; r.end('x') })
    const server = createServer(app); await new Promise<void>((r) => server.listen(0, r))
    let un: unknown
    const on = (e: unknown) => { un = e }
    process.on('uncaughtException', on)
    const before = process.listeners('uncaughtException').length
    const r1 = await fetch(`http://localhost:${(server.address() as AddressInfo).port}/`)
    await r1.text(); await new Promise((r) => setTimeout(r, 50)); bad = false
    const r2 = await fetch(`http://localhost:${(server.address() as AddressInfo).port}/`)
    console.log('clock', r2.status, un, before)
    process.off('uncaughtException', on)
    server.closeAllConnections(); server.close()
  })
  test('many listeners', async () => {
    const warnings: string[] = []
    const on = (w: Error) => warnings.push(w.message)
    process.on('warning', on)
    const { guard } = createGuard({ audit: { record() {} } })
    const many = (k: string) => all(...[1, 2, 3, 4, 5, 6].map((i) => rateLimit({ name: `${k}${i}`, limit: 1000, windowMs: 1000, chargeAfter: () => 1 })) as [any])
    const app = express(); app.use(guard(all(many('a'), many('b')))); app.get('/', (_q, r) => { r.end('x') })
    const server = createServer(app); await new Promise<void>((r) => server.listen(0, r))
    for (let i = 0; i < 3; i++) await (await fetch(`http://localhost:${(server.address() as AddressInfo).port}/`)).text()
    await new Promise((r) => setTimeout(r, 50))
    console.log('warnings', warnings)
    process.off('warning', on)
    server.closeAllConnections(); server.close()
  })
  test('report throttle delays', async () => {
    const t = throttle({ limit: 1, windowMs: 500, burst: 1, maxDelayMs: 2000 })
    const { guard } = createGuard({ audit: { record() {} } })
    const app = express(); app.use(guard(report(t))); app.get('/', (_q, r) => { r.end('x') })
    const server = createServer(app); await new Promise<void>((r) => server.listen(0, r))
    const t0 = Date.now()
    for (let i = 0; i < 3; i++) await (await fetch(`http://localhost:${(server.address() as AddressInfo).port}/`)).text()
    console.log('report throttle took', Date.now() - t0)
    server.closeAllConnections(); server.close()
  })
  test('two stores, the second full', async () => {
    const full = memoryStore({ maxKeys: 1 })
    const q = quota({ name: 'q', limit: 10, period: 'day', store: memoryStore() })
    const b = rateLimit({ name: 'b', limit: 1, windowMs: 60_000, store: full, key: (c) => c.headers.get('k') ?? '' })
    const client = requestsTo(all(q, b))
    console.log(codeOf(await client.pass({ headers: { k: 'a' } } as never)))
    for (let i = 0; i < 3; i++) { const d = await client.pass({ headers: { k: 'b' + i } } as never); console.log(codeOf(d), JSON.stringify(d.headers)) }
  })
})
