import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Idp, startIdp } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** The built files: what a user's compiler makes of the decorators, not what the test runner does. */
const listeners: Readonly<Record<string, () => Promise<RequestListener>>> = {
  standard: async () => (await import('../dist/standard.js' as string)).app,
  legacy: async () => (await import('../dist/legacy.js' as string)).app.callback(),
}

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ audience: 'reports-api', clients: [{ id: 'clerk' }, { id: 'auditor', roles: ['auditor'] }] })
  process.env.ISSUER = idp.issuer
})
afterAll(() => idp.close())

describe.each(Object.keys(listeners))('%s decorators', (kind) => {
  let server: Server
  beforeAll(async () => {
    server = createServer(await listeners[kind]!())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => void server.close())

  const call = async (method: string, client?: string) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/reports`, {
      method,
      headers: client === undefined ? {} : { authorization: `Bearer ${await idp.token(client)}` },
    })

  test('let a caller through to a method that keeps its this', async () => {
    expect(await (await call('GET', 'clerk')).json()).toEqual({ title: kind, for: 'clerk' })
  })

  test.each([
    ['a stranger', undefined, 'GET', 401],
    ['a caller without the role', 'clerk', 'DELETE', 403],
    ['a caller with the role', 'auditor', 'DELETE', 204],
  ])('answer %s', async (_who, client, method, status) => {
    expect((await call(method, client)).status).toBe(status)
  })
})
