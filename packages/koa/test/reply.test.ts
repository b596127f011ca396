import type { KoaContext, KoaNext } from '@wardline/koa'
import { rawRequest } from '@wardline/test-kit'
import { describe, expect, test, vi } from 'vitest'
import { ALLOWED, allow, defineGuard, type Guard, type NoFacts, type ReplyFacts } from 'wardline'
import { portOf, recorded, VERSIONS } from './support.js'

/** Answers as `cors()` answers a preflight, or with text where the request asks for some. */
const replies = defineGuard({
  name: 'replies',
  check: ({ path }) => ({
    ...ALLOWED,
    headers: [['x-guard', 'replies']] as const,
    reply: path.endsWith('/text')
      ? { status: 202, headers: [['content-type', 'text/plain']] as const, body: 'caf\u00e9' }
      : { status: 204, headers: [], body: '' },
  }),
})
const later = defineGuard({ name: 'later', check: async (ctx, facts) => replies.check(ctx, facts) })

const { guard, guarded, answer, events } = recorded()

/** Ways to mount a policy whose guard replies, with a handler behind it. */
const MOUNTED: readonly (readonly [
  string,
  (policy: Guard, handle: () => never) => (ctx: KoaContext, next: KoaNext) => Promise<unknown>,
])[] = [
  ['guard', (policy) => guard(policy)],
  ['and', (policy) => guard(policy).and(defineGuard({ name: 'behind', check: () => fail() }))],
  ['answer', (policy) => answer(policy as Guard<NoFacts, ReplyFacts>)],
  [
    'guarded',
    (policy, handle) => {
      class Orders {
        @guarded(policy)
        async list(_ctx: KoaContext, _next: KoaNext): Promise<void> {
          handle()
        }
      }
      return new Orders().list
    },
  ],
]

function fail(): never {
  throw new Error('asked behind a reply')
}

describe.each(VERSIONS)('%s', (_name, Framework) => {
  describe.each(MOUNTED)('%s', (_way, mounted) => {
    test.each([
      ['a guard', replies],
      ['a guard that takes time', later],
    ])('sends the reply of %s in place of the handler, and audits it once', async (_kind, policy) => {
      const handle = vi.fn(fail)
      const app = new Framework()
      app.use(mounted(policy, handle)).use(handle)
      const port = await portOf(app)
      const before = events.length

      const empty = await rawRequest(port, { method: 'OPTIONS', target: '/' })
      expect([empty.status, empty.body, empty.headers['x-guard']]).toEqual([204, '', 'replies'])
      for (const name of ['content-length', 'content-type', 'transfer-encoding']) {
        expect(empty.headers[name], name).toBeUndefined()
      }
      const text = await rawRequest(port, { target: '/text' })
      expect(text).toMatchObject({ status: 202, headers: { 'content-type': 'text/plain', 'content-length': '5' } })
      expect(Buffer.from(text.body, 'latin1').toString()).toBe('caf\u00e9')

      expect(handle).not.toHaveBeenCalled()
      await vi.waitFor(() => expect(events.slice(before).map(({ status }) => status)).toEqual([204, 202]))
      expect(events.slice(before)).toMatchObject([{ decision: 'allow', code: 'allowed' }, { decision: 'allow' }])
    })
  })

  test('a reply to a request whose body goes on is sent, and the body is not waited for', async () => {
    const app = new Framework()
    app.use(guard(replies))
    const sending = {
      method: 'POST',
      target: '/text',
      headers: [['content-length', '2000000']],
      body: 'begun',
    } as const
    expect((await rawRequest(await portOf(app), sending)).status).toBe(202)
  }, 12_000)

  test('a mount behind one that allows replies with the headers of both', async () => {
    const first = guard(defineGuard({ name: 'first', check: () => allow({ a: 1 }, [['x-first', '1']]) }))
    const app = new Framework()
    app
      .use(first)
      .use(first.and(replies))
      .use(() => fail())
    expect(await rawRequest(await portOf(app), { target: '/' })).toMatchObject({
      status: 204,
      headers: { 'x-first': '1', 'x-guard': 'replies' },
    })
  })
})
