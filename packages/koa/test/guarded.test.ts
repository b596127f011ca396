import Router from '@koa/router'
import type { KoaContext, KoaNext } from '@wardline/koa'
import { rawRequest } from '@wardline/test-kit'
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
  list(ctx: KoaContext): void {
    ctx.body = `${this.#name} ${loud.facts(ctx).loud}`
  }

  @guarded(nobody)
  refused(ctx: KoaContext): void {
    ctx.body = this.#name
  }

  @guarded(now)
  throws(_ctx: KoaContext): void {
    throw new Error(`${this.#name} throws`)
  }

  @guarded(later)
  async rejects(_ctx: KoaContext): Promise<void> {
    throw new Error(`${this.#name} rejects`)
  }

  @guarded(now)
  async goesOn(_ctx: KoaContext, next: KoaNext): Promise<void> {
    await next()
  }
}

type Method = 'list' | 'refused' | 'throws' | 'rejects' | 'goesOn'

describe.each(VERSIONS)('%s', (_name, Framework) => {
  async function answerOf(method: Method): Promise<readonly [status: number, body: string]> {
    const orders = new Orders()
    const router = new Router()
    const call = orders[method].bind(orders) as (ctx: KoaContext, next: KoaNext) => Promise<void>
    router.get('/', (ctx, next) => call(ctx, next))
    const app = new Framework()
    app.use(async (ctx, next) => {
      await next().catch((error: Error) => {
        ctx.status = 500
        ctx.body = error.message
      })
    })
    app.use(router.routes())
    app.use((ctx) => {
      ctx.body = 'further down'
    })
    const { status, body } = await rawRequest(await portOf(app), { target: '/' })
    return [status, body]
  }

  test.each<[Method, number, string]>([
    ['list', 200, 'orders NORTH'],
    ['throws', 500, 'orders throws'],
    ['rejects', 500, 'orders rejects'],
    ['goesOn', 200, 'further down'],
  ])('%s answers %d, %s', async (method, status, body) => {
    expect(await answerOf(method)).toEqual([status, body])
  })

  test('a method whose guard denies is not called', async () => {
    const before = events.length
    const [status, body] = await answerOf('refused')
    expect([status, JSON.parse(body).code]).toEqual([403, 'not_you'])
    expect(events.slice(before)).toMatchObject([{ guard: 'nobody', route: '/', status: 403 }])
  })
})

test('legacy decorators: the descriptor holds the guarded method', async () => {
  const method = vi.fn(function (this: unknown, ctx: KoaContext) {
    ctx.body = String(this)
  })
  const descriptor: PropertyDescriptor = { value: method, configurable: true, writable: true }
  guarded(now)({}, 'list', descriptor)
  expect(descriptor.value).not.toBe(method)
  const app = new VERSIONS[0][1]().use((ctx, next) => descriptor.value.call('its this', ctx, next))
  expect((await rawRequest(await portOf(app), { target: '/' })).body).toBe('its this')
  expect(method).toHaveBeenCalledTimes(1)
})

test('what is not a method cannot be guarded', () => {
  const decorate = guarded(now) as (...args: unknown[]) => unknown
  const field = () => decorate(undefined, { kind: 'field', name: 'total' })
  const accessor = () => decorate({}, 'total', { get: () => 1 })
  for (const attempt of [field, accessor]) {
    expect(attempt).toThrow(new TypeError('a guard decorates methods only, not total'))
  }
})
