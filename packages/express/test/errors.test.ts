import { rawRequest } from '@wardline/test-kit'
import type { ErrorRequestHandler } from 'express'
import { describe, expect, test, vi } from 'vitest'
import { allow, defineGuard, forbid } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const refuses = defineGuard({ name: 'refuses', check: () => forbid('not_today') })
const refusesLater = defineGuard({ name: 'refusesLater', check: async () => forbid('not_today') })
const breaks = defineGuard({
  name: 'breaks',
  check: () => {
    throw new Error('broken')
  },
})
const allowsLater = defineGuard({ name: 'allowsLater', check: async () => allow() })
/** HTTP has no such field: the answer cannot be written. */
const splits = defineGuard({ name: 'splits', check: () => ({ ...forbid('no'), headers: [['x-a', 'a\r\nb: c']] }) })
const splitsLater = defineGuard({ name: 'splitsLater', check: async () => allow({}, [['x-a', 'a\r\nb: c']]) })

describe.each(VERSIONS)('%s', (_name, framework) => {
  /** Answers 599 with what an error handler was given. */
  const told = (): { readonly errors: unknown[]; readonly handler: ErrorRequestHandler } => {
    const errors: unknown[] = []
    return {
      errors,
      handler: (error, _req, res, next) => {
        errors.push(error)
        if (res.headersSent) next(error)
        else res.status(599).end(String(error))
      },
    }
  }

  test.each([
    ['a denial', refuses, 403],
    ['a denial that comes later', refusesLater, 403],
    ['a guard that breaks', breaks, 500],
  ])('error handlers and handlers see nothing of %s', async (_what, policy, status) => {
    const { guard, events } = recorded()
    const { errors, handler } = told()
    const reached = vi.fn()
    const app = framework()
    app.use(guard(policy), reached)
    app.use(handler)
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json'])
    expect([errors.length, reached.mock.calls.length]).toEqual([0, 0])
    expect(events).toMatchObject([{ decision: 'deny', status }])
  })

  test.each([
    ['denies', splits],
    ['allows', splitsLater],
  ])('a guard that %s with a field that HTTP has not lets nobody in', async (_what, policy) => {
    const { guard } = recorded()
    const { errors, handler } = told()
    const reached = vi.fn()
    const app = framework()
    app.use(guard(policy), reached)
    app.use(handler)
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect([answer.status, answer.headers['x-a'], answer.headers.b]).toEqual([599, undefined, undefined])
    expect(errors).toMatchObject([{ code: 'ERR_INVALID_CHAR' }])
    expect(reached).not.toHaveBeenCalled()
  })

  test.each([
    ['a guard that answers at once', defineGuard({ name: 'allows', check: () => allow() })],
    ['a guard that answers later', allowsLater],
  ])('an error of the handler behind %s reaches the error handler once', async (_what, policy) => {
    const { guard, events } = recorded()
    const { errors, handler } = told()
    const app = framework()
    app.get('/', guard(policy), () => {
      throw new Error('of the handler')
    })
    app.use(handler)
    const answer = await rawRequest(await portOf(app), { target: '/' })
    expect([answer.status, answer.body]).toEqual([599, 'Error: of the handler'])
    expect(errors).toHaveLength(1)
    await vi.waitFor(() => expect(events).toMatchObject([{ decision: 'allow', status: 599 }]))
  })

  test('next("route") of a handler behind a guard goes on as ever', async () => {
    const { guard } = recorded()
    const app = framework()
    app.get('/', guard(allowsLater), (_req, _res, next) => next('route'))
    app.get('/', (_req, res) => void res.end('second'))
    expect((await rawRequest(await portOf(app), { target: '/' })).body).toBe('second')
  })

  test('an answer that has begun is not spoilt by a guard', async () => {
    const { guard, events } = recorded()
    const app = framework()
    app.use((_req, res, next) => {
      res.write('begun')
      next()
    })
    app.use(guard(allowsLater), (_req, res) => void res.end(', done'))
    expect((await rawRequest(await portOf(app), { target: '/' })).body).toBe('begun, done')
    await vi.waitFor(() => expect(events).toMatchObject([{ decision: 'allow', status: 200 }]))
  })
})
