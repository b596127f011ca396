import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type RedisServer, redisServer } from '@wardline/test-kit'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/index.js'
import { blocksOf, ROOT } from './sources.js'

const folder = join(ROOT, 'node_modules/.cache/wardline-whole-service')
const officeFile = join(folder, 'office.txt')
const load = (file: string) => import(pathToFileURL(join(folder, `${file}.js`)).href)

const accounts = {
  verify: async (id: string, password: string) =>
    password === 'right'
      ? { id, plan: id === 'ann' ? 'pro' : 'free', roles: id === 'ann' ? ['admin'] : [] }
      : undefined,
}

/** Where the trail of the page writes, in place of standard output. */
const events: AuditEvent[] = []
const sink = { write: (event: AuditEvent) => void events.push(event), close: async () => {} }

let redis: RedisServer

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(officeFile, '127.0.0.1\n')
  Object.assign(globalThis, { wholeServiceSink: sink })
  for (const { file, code } of blocksOf('docs/a-whole-service.md')) {
    if (file === undefined) continue
    const quiet = code.replace('auditTrail()', 'auditTrail({ sink: globalThis.wholeServiceSink })')
    writeFileSync(join(folder, `${file}.js`), transformSync(quiet, { loader: 'ts', format: 'esm' }).code)
  }
  redis = await redisServer()
  process.env.REDIS_URL = `redis://127.0.0.1:${redis.port}`
  const { client } = await load('guards')
  if (client.status !== 'ready') await once(client, 'ready')
})

afterAll(async () => {
  const { audit, client } = await load('guards')
  await audit.close()
  client.disconnect()
  await redis.stop()
  delete process.env.REDIS_URL
  rmSync(folder, { recursive: true, force: true })
})

const listeners: Readonly<Record<string, () => Promise<RequestListener>>> = {
  express: async () => (await load('app')).shop(accounts, officeFile),
  koa: async () => (await load('koa-app')).koaShop(accounts, officeFile).callback(),
}

describe.each(Object.keys(listeners))('the page on a whole service, on %s', (framework) => {
  let server: Server
  let origin: string

  beforeAll(async () => {
    const { serve } = await load('server')
    ;({ server } = serve(await listeners[framework]!()) as { server: Server })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))

  const signIn = (account: string, password: string): Promise<Response> =>
    fetch(`${origin}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account, password }),
    })
  const cookieOf = async (account: string): Promise<string> =>
    (await signIn(account, 'right')).headers.get('set-cookie')!.split(';', 1)[0]!

  const statusOf = async (path: string, cookie = ''): Promise<number> =>
    (await fetch(origin + path, { headers: cookie === '' ? {} : { cookie } })).status

  test('serves each caller what is theirs', async () => {
    const [ann, bob] = [await cookieOf('ann'), await cookieOf('bob')]
    expect(await statusOf('/livez')).toBe(200)
    expect(await statusOf('/readyz')).toBe(200)
    expect(await statusOf('/orders')).toBe(401)
    expect(await statusOf('/orders', `__Host-session=${'a'.repeat(43)}`)).toBe(401)
    for (const path of ['/orders', '/exports', '/admin']) expect(await statusOf(path, `a=b; ${ann}`), path).toBe(200)
    expect(await statusOf('/exports', bob)).toBe(200)
    expect(await statusOf('/admin', bob)).toBe(403)
  })

  test.each([
    ['ann', '"pro";q=100000'],
    ['bob', '"free";q=1000'],
  ])('counts %s by plan, beside the limits of all', async (account, plan) => {
    const { headers } = await fetch(`${origin}/orders`, { headers: { cookie: await cookieOf(account) } })
    expect(headers.get('ratelimit-policy')).toContain('"address";q=300;w=60, "pace";q=20;w=1')
    expect(headers.get('ratelimit-policy')).toContain(plan)
  })

  test('answers pages of the app, and no page of another site', async () => {
    const own = { origin: 'https://app.example.com' }
    const asked = { ...own, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
    const preflight = await fetch(`${origin}/login`, { method: 'OPTIONS', headers: asked })
    expect([preflight.status, preflight.headers.get('ratelimit')]).toEqual([204, null])
    const refusal = await fetch(`${origin}/orders`, { headers: own })
    expect([refusal.status, refusal.headers.get('access-control-allow-origin')]).toEqual([401, own.origin])
    const forged = await fetch(`${origin}/login`, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })
    expect(forged.status).toBe(403)
  })

  test('makes who guesses a password wait, and nobody else', async () => {
    const account = `guessed-on-${framework}`
    const statuses: number[] = []
    for (let guess = 0; guess < 6; guess++) statuses.push((await signIn(account, 'wrong')).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    expect((await signIn('bob', 'right')).status).toBe(204)
    const told = events.filter(({ path, status }) => path === '/login' && (status === 401 || status === 429)).slice(-6)
    expect(told.map(({ code }) => code)).toEqual([...Array(5).fill('allowed'), 'too_many_failures'])
  })
})

test('the page on a whole service: without Redis it is a 503, and it stops in order', async () => {
  const [{ serve }, { shop }] = [await load('server'), await load('app')]
  const { server, stop } = serve(shop(accounts, officeFile)) as { server: Server; stop: () => Promise<void> }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await redis.stop()
  expect((await fetch(`${origin}/orders`, { headers: { cookie: `__Host-session=${'a'.repeat(43)}` } })).status).toBe(
    503,
  )
  expect((await fetch(`${origin}/livez`)).status).toBe(200)
  await stop()
  expect(server.listening).toBe(false)
})
