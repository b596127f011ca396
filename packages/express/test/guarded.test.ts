import type { ExpressNext, ExpressRequest, ExpressResponse } from '@wardline/express'
import { rawRequest } from '@wardline/test-kit'
import type { ErrorRequestHandler } from 'express'
import { describe, expect, test, vi } from 'vitest'
import { allow, defineGuard, forbid } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const later = defineGuard({ name: 'later', check: async () => allow({ tenant: 'north' }) })
const now = defineGuard({ name: 'now', check: () => allow({ tenant: 'south' }) })
const shouts = defineGuard({
  name: 'shouts',
  check: (_ctx, { tenant }: { readonly tenant: string }) => allow({ loud: tenant.toUpperCase() }),
})
const nobody = defineGuard({ name: 'nobody', check: () => forbid('not_you') })

const { guard, guarded, events } = recorded()
const tenant = guard(later)
const loud = tenant.and(shouts)

class Orders {
  readonly #name = 'orders'

  @guarded(loud)
  list(req: ExpressRequest, res: ExpressResponse): void {
    res.end(`${this.#name} ${loud.facts(req).loud}`)
  }

  @guarded(nobody)
  refused(_req: ExpressRequest, res: ExpressResponse): void {
    res.end(this.#name)
  }

  @guarded(now)
  throws(): void {
    throw new Error(`${this.#name} throws`)
  }

  @guarded(later)
  throwsLater(): void {
    throw new Error(`${this.#name} throws`)
  }

  @guarded(now)
  async rejects(): Promise<void> {
    throw new Error(`${this.#name} rejects`)
  }

  @guarded(later)
  async rejectsLater(_req: ExpressRequest, _res: ExpressResponse): Promise<void> {
    throw new Error(`${this.#name} rejects`)
  }

  @guarded(now)
  async goesOn(_req: ExpressRequest, _res: ExpressResponse, next: ExpressNext): Promise<void> {
    next(new Error(`${this.#name} goes on`))
  }
}

type Method = 'list' | 'refused' | 'throws' | 'throwsLater' | 'rejects' | 'rejectsLater' | 'goesOn'

describe.each(VERSIONS)('%s', (_name, framework) => {
  async function answerOf(method: Method): Promise<readonly [status: number, body: string]> {
    const orders = new Orders()
    const app = framework()
    const call = orders[method].bind(orders) as (req: ExpressRequest, res: ExpressResponse, next: ExpressNext) => void
    app.get('/', (req, res, next) => void call(req, res, next))
    app.use(((error: Error, _req, res, _next) => void res.status(599).end(error.message)) as ErrorRequestHandler)
    const { status, body } = await rawRequest(await portOf(app), { target: '/' })
    return [status, body]
  }

  test.each<[Method, number, string]>([
    ['list', 200, 'orders NORTH'],
    ['throws', 599, 'orders throws'],
    ['throwsLater', 599, 'orders throws'],
    ['rejects', 599, 'orders rejects'],
    ['rejectsLater', 599, 'orders rejects'],
    ['goesOn', 599, 'orders goes on'],
  ])('%s answers %d, %s', async (method, status, body) => {
    expect(await answerOf(method)).toEqual([status, body])
  })

  test('a method whose guard denies is not called', async () => {
    const called = events.length
    const [status, body] = await answerOf('refused')
    expect([status, JSON.parse(body).code]).toEqual([403, 'not_you'])
    expect(events.slice(called)).toMatchObject([{ guard: 'nobody', route: '/', status: 403 }])
  })
})

test('the decorated method keeps its name', () => {
  expect(Object.getOwnPropertyNames(Orders.prototype)).toContain('list')
})

test('legacy decorators: the descriptor holds the guarded method', async () => {
  const method = vi.fn(function (this: unknown, _req: ExpressRequest, res: ExpressResponse) {
    res.end(String(this))
  })
  const descriptor: PropertyDescriptor = { value: method, configurable: true, writable: true }
  guarded(now)({}, 'list', descriptor)
  expect(descriptor.value).not.toBe(method)
  const app = VERSIONS[0][1]()
  app.get('/', (req, res, next) => void descriptor.value.call('its this', req, res, next))
  expect((await rawRequest(await portOf(app), { target: '/' })).body).toBe('its this')
  expect(method).toHaveBeenCalledTimes(1)
})

test('what is not a method cannot be guarded', () => {
  const decorate = guarded(now) as (...args: unknown[]) => unknown
  const field = () => decorate(undefined, { kind: 'field', name: 'total' })
  const accessor = () => decorate({}, 'total', { get: () => 1 })
  for (const attempt of [field, accessor])
    expect(attempt).toThrow(new TypeError('a guard decorates methods only, not total'))
})
