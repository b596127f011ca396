import { rawRequest } from '@wardline/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { clientAddress, requireRole, responseHeaders } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const FORWARDED = [['x-forwarded-for', '203.0.113.7']] as const

describe.each(VERSIONS)('%s', (_name, Framework) => {
  test.each([
    ['IPv4', '127.0.0.1', '127.0.0.1', undefined, '127.0.0.1'],
    ['IPv4, a proxy', '127.0.0.1', '127.0.0.2', ['127.0.0.2'], '203.0.113.7'],
    ['IPv4, a stranger beside a proxy', '127.0.0.1', '127.0.0.3', ['127.0.0.2'], '127.0.0.3'],
    ['an IPv6 listener with an IPv4 peer', '::', '127.0.0.1', undefined, '127.0.0.1'],
    ['an IPv6 listener with an IPv4 proxy', '::', '127.0.0.2', ['127.0.0.0/8'], '203.0.113.7'],
    ['an IPv6 listener with a mapped proxy', '::', '127.0.0.2', ['::ffff:127.0.0.2'], '203.0.113.7'],
    ['an IPv6 listener with an IPv4 stranger', '::', '127.0.0.3', ['::1', '127.0.0.2'], '127.0.0.3'],
  ])('the client at %s', async (_what, host, from, trustedProxies, client) => {
    const { guard, events } = recorded({ clientAddress: clientAddress({ trustedProxies }) })
    const app = new Framework()
    app.proxy = true // Koa's own opinion does not count
    app.use(guard())
    await rawRequest(await portOf(app, host), { target: '/', from, headers: FORWARDED })
    await vi.waitFor(() => expect(events).toMatchObject([{ client }]))
  })

  test('report mode lets everything pass, facts may be missing', async () => {
    const { guard, events } = recorded({ mode: 'report' })
    const admins = guard(responseHeaders()).and(requireRole('admin') as never)
    const app = new Framework().use(admins)
    app.use((ctx) => {
      ctx.body = admins.facts(ctx)
    })
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect([answer.status, answer.body, answer.headers['x-frame-options']]).toEqual([200, '{}', 'DENY'])
    await vi.waitFor(() =>
      expect(events).toMatchObject([{ decision: 'allow', status: 200, notices: [{ code: 'guard_failed' }] }]),
    )
  })
})
