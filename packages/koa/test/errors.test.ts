import { rawRequest } from '@wardline/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { allow, defineGuard, forbid, rateLimit, responseHeaders } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const refuses = defineGuard({ name: 'refuses', check: () => forbid('not_today') })
const refusesLater = defineGuard({ name: 'refusesLater', check: async () => forbid('not_today') })
const breaks = defineGuard({
  name: 'breaks',
  check: () => {
    throw new Error('broken')
  },
})
/** HTTP has no such field: the answer cannot be written. */
const splits = defineGuard({ name: 'splits', check: () => ({ ...forbid('no'), headers: [['x-a', 'a\r\nb: c']] }) })
const splitsLater = defineGuard({ name: 'splitsLater', check: async () => allow({}, [['x-a', 'a\r\nb: c']]) })

describe.each(VERSIONS)('%s', (_name, Framework) => {
  test.each([
    ['a denial', refuses, 403],
    ['a denial that comes later', refusesLater, 403],
    ['a guard that breaks', breaks, 500],
  ])('what stands before the guard runs around %s, what stands behind does not', async (_what, policy, status) => {
    const { guard, events } = recorded()
    const reached = vi.fn()
    const errors = vi.fn()
    const seen: unknown[] = []
    const app = new Framework().on('error', errors)
    app.use(async (ctx, next) => {
      await next()
      seen.push(ctx.status, typeof ctx.body)
      ctx.set('x-seen', 'yes')
    })
    app.use(guard(policy))
    app.use(reached)
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json', 'x-seen': 'yes' },
    })
    expect(answer.headers['content-length']).toBe(String(answer.body.length))
    expect(seen).toEqual([status, 'string'])
    expect([errors.mock.calls.length, reached.mock.calls.length]).toEqual([0, 0])
    expect(events).toMatchObject([{ decision: 'deny', status }])
  })

  test.each([
    ['denies', splits],
    ['allows', splitsLater],
  ])('a guard that %s with a field that HTTP has not lets nobody in', async (_what, policy) => {
    const { guard } = recorded()
    const reached = vi.fn()
    const errors = vi.fn()
    const app = new Framework().on('error', errors).use(guard(policy)).use(reached)
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect([answer.status, answer.headers['x-a'], answer.headers.b]).toEqual([500, undefined, undefined])
    expect(errors.mock.calls).toMatchObject([[{ code: 'ERR_INVALID_CHAR' }, {}]])
    expect(reached).not.toHaveBeenCalled()
  })

  test('an error behind a guard passes it as it is, and the answer keeps the fields of all guards', async () => {
    const { guard, events } = recorded()
    const error = Object.freeze(
      Object.assign(new Error('of the handler'), { headers: { 'referrer-policy': 'origin' } }),
    )
    const seen: unknown[] = []
    const app = new Framework()
    app.use(async (_ctx, next) => {
      await next().catch((caught: unknown) => {
        seen.push(caught)
        throw new Error('again')
      })
    })
    const everyone = guard(rateLimit({ name: 'a', limit: 5, windowMs: 1000 }))
    app.use(everyone)
    app.use(everyone.and(rateLimit({ name: 'b', limit: 5, windowMs: 1000 })))
    app.use(guard(responseHeaders()))
    app.use(() => {
      throw error
    })
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect(seen).toEqual([error])
    expect(answer).toMatchObject({
      status: 500,
      headers: {
        'cache-control': 'no-store',
        'ratelimit-policy': '"a";q=5;w=1, "b";q=5;w=1',
        'content-type': 'text/plain; charset=utf-8',
      },
    })
    await vi.waitFor(() => expect(events).toMatchObject([{ decision: 'allow', status: 500 }]))
  })

  test('fields that the error brings, or that the handler set before, win', async () => {
    const { guard } = recorded()
    const app = new Framework().use(guard(responseHeaders()))
    app.use((ctx) => {
      ctx.set('x-frame-options', 'SAMEORIGIN')
      ctx.set('x-own', 'gone')
      ctx.throw(418, 'short and stout', { headers: { 'referrer-policy': 'origin' } })
    })
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect(answer).toMatchObject({
      status: 418,
      headers: { 'referrer-policy': 'origin', 'x-frame-options': 'SAMEORIGIN', 'x-content-type-options': 'nosniff' },
    })
    expect(answer.headers).not.toHaveProperty('x-own')
  })

  test('what is thrown and is no error', async () => {
    const { guard } = recorded()
    const app = new Framework().use(guard(responseHeaders()))
    app.use(() => {
      throw 'text'
    })
    expect(await rawRequest(await portOf(app), { target: '/' })).toMatchObject({
      status: 500,
      headers: { 'cache-control': 'no-store' },
    })
  })

  test('a handler that answers by itself', async () => {
    const { guard, events } = recorded()
    const app = new Framework().use(guard(responseHeaders()))
    app.use((ctx) => {
      ctx.respond = false
      ctx.res.end('by itself')
    })
    expect(await rawRequest(await portOf(app), { target: '/' })).toMatchObject({
      body: 'by itself',
      headers: { 'cache-control': 'no-store' },
    })
    await vi.waitFor(() => expect(events).toMatchObject([{ decision: 'allow' }]))
  })
})
