import { rawRequest } from '@wardline/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { allow, defineGuard, forbid, type Guard, type NoFacts, type ReplyFacts } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

const reply = { status: 201, headers: [['content-type', 'text/x-receipt']], body: 'caf\u00e9' } as const
const receipt = defineGuard({ name: 'receipt', check: () => allow({ reply }, [['x-guard', 'receipt']]) })
const refuses = defineGuard({ name: 'refuses', check: () => forbid('not_today') }) as Guard<NoFacts, ReplyFacts>

describe.each(VERSIONS)('%s', (_name, Framework) => {
  test.each([
    ['GET', 'caf\u00e9'],
    ['HEAD', ''],
  ])('%s is answered with what the guard has ready, and audited once', async (method, body) => {
    const { answer, events } = recorded()
    const app = new Framework()
    app.use(answer(receipt))
    const sent = await rawRequest(await portOf(app), { method, target: '/receipt' })
    expect(sent).toMatchObject({
      status: 201,
      headers: { 'content-type': 'text/x-receipt', 'x-guard': 'receipt', 'content-length': '5' },
    })
    expect(Buffer.from(sent.body, 'latin1').toString()).toBe(body)
    await vi.waitFor(() => expect(events).toMatchObject([{ decision: 'allow', guard: 'receipt', status: 201 }]))
  })

  test('on top of a mount: its facts and refusals count', async () => {
    const { guard, answer } = recorded()
    const everyone = guard(defineGuard({ name: 'who', check: () => allow({ who: 'alice' }) }))
    const named = defineGuard({
      name: 'named',
      check: (_ctx, { who }: { readonly who: string }) => allow({ reply: { ...reply, body: who } }),
    })
    const app = new Framework()
    const [who, refused] = [answer(everyone.and(named)), answer(everyone.and(refuses))]
    app.use((ctx, next) => (ctx.path === '/who' ? who(ctx, next) : refused(ctx, next)))
    const port = await portOf(app)
    expect(await rawRequest(port, { target: '/who' })).toMatchObject({ status: 201, body: 'alice' })
    expect(await rawRequest(port, { target: '/refused' })).toMatchObject({
      status: 403,
      headers: { 'content-type': 'application/problem+json' },
    })
  })

  test('in report mode, where a refusal left nothing to send, the next handler answers', async () => {
    const { answer } = recorded({ mode: 'report' })
    const app = new Framework()
    app.use(answer(refuses))
    app.use((ctx) => {
      ctx.status = 204
    })
    expect((await rawRequest(await portOf(app), { target: '/refused' })).status).toBe(204)
  })

  test('what is no guard is refused at once', () => {
    const { answer } = recorded()
    expect(() => answer(undefined as never)).toThrow(TypeError)
    expect(() => answer((() => {}) as never)).toThrow(/^guard\(\): expected a guard, got a function \(call it\?\)$/)
  })
})
