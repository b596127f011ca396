import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Idp, startIdp } from '@wardline/test-kit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let idp: Idp
let server: Server
let origin: string

beforeAll(async () => {
  idp = await startIdp({
    audience: 'hello-api',
    clients: [{ id: 'reader', scope: 'hello:read' }, { id: 'stranger' }],
  })
  process.env.ISSUER = idp.issuer
  const { app } = await import('../src/app.js')
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server.close()
  await idp.close()
})

const hello = async (token?: string) =>
  fetch(`${origin}/hello`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })

test('greets a caller with the scope by its id', async () => {
  const answer = await hello(await idp.token('reader'))
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ hello: 'reader' })
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('ratelimit-policy')).toBe('"baseline";q=300;w=60, "default";q=100;w=60')
})

test('refuses a caller without the scope, and a stranger', async () => {
  expect((await hello(await idp.token('stranger'))).status).toBe(403)
  expect((await hello()).status).toBe(401)
})
