import { describe, expect, test } from 'vitest'
import { all, allow, type Decision, defineGuard, forbid, type Guard, rateLimit } from '../../src/index.js'
import { type Exchange, Mount } from '../../src/mount/index.js'
import { exchangeFor } from '../support/exchange.js'
import { answering, giving, later, stranger } from '../support/guards.js'
import { watchedStore } from '../support/ledger.js'

type AnyGuard = Guard<object, object>

/** The guard, and the names of all that were asked. */
const noting =
  (asked: string[]) =>
  (guard: AnyGuard): AnyGuard => ({
    ...guard,
    check: (ctx, facts) => {
      asked.push(guard.name)
      return guard.check(ctx, facts)
    },
  })

const no = answering('no', forbid('no'))

describe.each<[string, (guard: AnyGuard) => AnyGuard]>([
  ['sync', (guard) => guard],
  ['async', later],
])('%s policies', (_form, as) => {
  const scene = (settings: Parameters<typeof exchangeFor>[0] = {}) => {
    const asked: string[] = []
    const note = noting(asked)
    const mount = (guard: AnyGuard, parent?: Mount<object>) => new Mount<object>(as(note(guard)), parent)
    const scene = exchangeFor(settings)
    return { ...scene, asked, mount, decide: async (mount: Mount<object>) => mount.decide(scene.exchange) }
  }

  test('decide once per request, and say their headers once', async () => {
    const { mount, decide, asked } = scene()
    const signedIn = mount(giving('signedIn', { a: 1 }, [['ratelimit', '"a";r=1;t=1']]))
    expect(await decide(signedIn)).toEqual(allow({ a: 1 }, [['ratelimit', '"a";r=1;t=1']]))
    const again = await decide(signedIn)
    expect(again).toMatchObject({ allowed: true, facts: { a: 1 } })
    expect(again.headers).toBeUndefined()
    expect(asked).toEqual(['signedIn'])
  })

  test('decide anew for another request', async () => {
    const { mount, decide, asked } = scene()
    const signedIn = mount(giving('signedIn', {}))
    await decide(signedIn)
    await signedIn.decide(exchangeFor().exchange)
    expect(asked).toEqual(['signedIn', 'signedIn'])
  })

  test('and() runs the parent first where it has not run, and both only once', async () => {
    const { mount, decide, asked, exchange } = scene()
    const parent = mount(giving('parent', { a: 1 }, [['x-parent', '1']]))
    const child = mount(giving('child', { b: 2 }, [['x-child', '2']]), parent)
    expect(await decide(child)).toEqual(
      allow({ a: 1, b: 2 }, [
        ['x-parent', '1'],
        ['x-child', '2'],
      ]),
    )
    const again = await decide(parent)
    expect(again).toMatchObject({ allowed: true, facts: { a: 1 } })
    expect(again.headers).toBeUndefined()
    await decide(child)
    expect(asked).toEqual(['parent', 'child'])
    expect(parent.facts(exchange)).toEqual({ a: 1 })
    expect(child.facts(exchange)).toEqual({ a: 1, b: 2 })
  })

  test('and() starts from the facts of a parent that has run, and does not repeat its headers', async () => {
    const { mount, decide, asked } = scene()
    const parent = mount(giving('parent', { a: 1 }, [['x-parent', '1']]))
    const child = mount(giving('child', { b: 2 }, [['x-child', '2']]), parent)
    await decide(parent)
    expect(await decide(child)).toEqual(allow({ a: 1, b: 2 }, [['x-child', '2']]))
    expect(asked).toEqual(['parent', 'child'])
  })

  test('and() of and() runs all three in order, and each keeps its own facts', async () => {
    const { mount, decide, asked, exchange } = scene()
    const first = mount(giving('first', { a: 1 }))
    const second = mount(giving('second', { b: 2 }), first)
    const third = mount(giving('third', { c: 3 }), second)
    expect(await decide(third)).toMatchObject({ facts: { a: 1, b: 2, c: 3 } })
    for (const mount of [first, second, third]) await decide(mount)
    expect(asked).toEqual(['first', 'second', 'third'])
    expect([first, second, third].map((mount) => mount.facts(exchange))).toEqual([
      { a: 1 },
      { a: 1, b: 2 },
      { a: 1, b: 2, c: 3 },
    ])
  })

  test.each([
    ['has run', true],
    ['has not run', false],
  ])('two and() of one parent do not see each other, when the parent %s', async (_state, ran) => {
    const { mount, decide } = scene()
    const parent = mount(giving('parent', { a: 1 }))
    if (ran) await decide(parent)
    const router = mount(giving('router', { input: 'router' }), parent)
    const route = mount(giving('route', { input: 'route' }), parent)
    expect(await decide(router)).toMatchObject({ allowed: true, facts: { a: 1, input: 'router' } })
    expect(await decide(route)).toMatchObject({ allowed: true, facts: { a: 1, input: 'route' } })
  })

  test('a child is not asked when the parent denies', async () => {
    const { mount, decide, asked, exchange } = scene()
    const parent = mount(no)
    const child = mount(giving('child', {}), parent)
    expect(await decide(child)).toMatchObject({ kind: 'forbidden', code: 'no', guard: 'no' })
    expect(asked).toEqual(['no'])
    for (const mount of [parent, child]) expect(() => mount.facts(exchange)).toThrow(/has not run for this request/)
  })

  test('a denial of the child keeps what the parent said, and establishes neither', async () => {
    const { mount, decide, exchange } = scene()
    const parent = mount(giving('parent', { a: 1 }, [['x-parent', '1']]))
    const child = mount(no, parent)
    expect(await decide(child)).toMatchObject({ code: 'no', facts: { a: 1 }, headers: [['x-parent', '1']] })
    for (const mount of [parent, child]) expect(() => mount.facts(exchange)).toThrow(/has not run for this request/)
  })

  test('a child that contradicts its parent is an internal denial', async () => {
    const { mount, decide } = scene()
    const child = mount(giving('child', { a: 2 }), mount(giving('parent', { a: 1 })))
    expect(await decide(child)).toMatchObject({ kind: 'internal', code: 'fact_conflict' })
  })
})

const limited = (name: string, limit: number, store = watchedStore()) =>
  rateLimit({ name, limit, windowMs: 60_000, store })

describe('limits of parent and child', () => {
  const allowedBy = async (mount: Mount<object>, exchange: Exchange = exchangeFor().exchange) =>
    (await mount.decide(exchange)).allowed

  test('are taken together: one that refuses spends none of the others', async () => {
    const store = watchedStore()
    const parent = new Mount(limited('parent', 9, store))
    const child = new Mount(limited('child', 1, store), parent)
    expect([await allowedBy(child), await allowedBy(child), await allowedBy(child)]).toEqual([true, false, false])
    expect(store.taken).toEqual([['parent', 'child']])
  })

  test('are told together in one field', async () => {
    const child = new Mount(limited('child', 5), new Mount(limited('parent', 9)))
    const { headers } = await child.decide(exchangeFor().exchange)
    expect(headers).toEqual([
      ['ratelimit-policy', '"parent";q=9;w=60, "child";q=5;w=60'],
      ['ratelimit', '"parent";r=8;t=7, "child";r=4;t=12'],
    ])
  })

  test('are each taken once when the parent ran before', async () => {
    const store = watchedStore()
    const parent = new Mount(limited('parent', 9, store))
    const child = new Mount(limited('child', 9, store), parent)
    const { exchange } = exchangeFor()
    for (const mount of [parent, child, parent, child]) expect(await allowedBy(mount, exchange)).toBe(true)
    expect(store.taken).toEqual([['parent'], ['child']])
  })

  test('a 401 of the child is charged to the limit of the parent', async () => {
    const store = watchedStore()
    const child = new Mount(answering('strange', stranger()), new Mount(limited('parent', 2, store)))
    const codes: unknown[] = []
    for (let request = 0; request < 3; request++) {
      const decision = (await child.decide(exchangeFor().exchange)) as Decision<object>
      codes.push(decision.allowed || decision.code)
    }
    expect(codes).toEqual(['token_missing', 'token_missing', 'rate_limited'])
    expect(store.taken).toEqual([['parent'], ['parent']])
  })
})

describe('facts', () => {
  const mount = new Mount<{ readonly a: number }>(giving('signedIn', { a: 1 }))

  test.each<[string, Exchange | undefined]>([
    ['a request that no guard has seen', undefined],
    ['a request that this mount has not seen', exchangeFor().exchange],
  ])('throw for %s', (_name, exchange) =>
    expect(() => mount.facts(exchange)).toThrow(new Error('signedIn has not run for this request')),
  )

  test('are those of the policy once it has allowed', () => {
    const { exchange } = exchangeFor()
    mount.decide(exchange)
    expect(mount.facts(exchange).a).toBe(1)
  })
})

test.each([
  ['guard()', undefined],
  ['and()', new Mount(giving('parent', {}))],
])('%s refuses what is no guard', (where, parent) => {
  expect(() => new Mount(undefined as never, parent)).toThrow(
    new TypeError(`${where}: expected a guard, got undefined`),
  )
  expect(() => new Mount(rateLimit as never, parent)).toThrow(
    new TypeError(`${where}: expected a guard, got a function (call it?)`),
  )
})

describe('report mode', () => {
  const seen = defineGuard({ name: 'known', check: () => allow({ a: 1 }, [['x-known', '1']]) })

  test.each<[string, AnyGuard, object, object]>([
    [
      'a 401',
      answering('strange', stranger()),
      {},
      { event: 'authn_login_fail', code: 'token_missing', guard: 'strange' },
    ],
    ['a 403 behind facts', all(seen, no), { a: 1 }, { event: 'authz_fail', code: 'no', guard: 'no' }],
    ['no decision', answering('odd', 7), {}, { event: 'sys_monitor_disabled', code: 'guard_failed', guard: 'odd' }],
  ])('%s passes with the facts so far, and is recorded once', async (_name, policy, facts, notice) => {
    const { exchange, events, finish } = exchangeFor({ mode: 'report' })
    const mount = new Mount(policy)
    for (let time = 0; time < 2; time++) expect(await mount.decide(exchange)).toMatchObject({ allowed: true, facts })
    expect(mount.facts(exchange)).toEqual(facts)
    finish(200)
    expect(events).toMatchObject([{ decision: 'allow', code: 'allowed', status: 200, notices: [notice] }])
    expect(events[0]?.notices).toHaveLength(1)
  })

  test('a child runs on the facts of its parent, and both denials are recorded', async () => {
    const { exchange, events, finish } = exchangeFor({ mode: 'report' })
    const parent = new Mount(all(seen, no))
    const child = new Mount(answering('strange', stranger()), parent)
    await parent.decide(exchange)
    expect(await child.decide(exchange)).toMatchObject({ allowed: true, facts: { a: 1 } })
    finish(200)
    expect(events[0]?.notices?.map(({ code }) => code)).toEqual(['no', 'token_missing'])
  })

  test('every mount has what was established up to its own denial', async () => {
    const { exchange } = exchangeFor({ mode: 'report' })
    const first = new Mount<object>(giving('first', { z: 0 }))
    const second = new Mount<object>(all(seen, no), first)
    const third = new Mount<object>(giving('third', { c: 3 }), second)
    expect(await third.decide(exchange)).toMatchObject({ allowed: true })
    expect([first, second, third].map((mount) => mount.facts(exchange))).toEqual([
      { z: 0 },
      { z: 0, a: 1 },
      { z: 0, a: 1 },
    ])
  })

  test('a parent that the child ran is not asked again after its denial', async () => {
    const { exchange, events, finish } = exchangeFor({ mode: 'report' })
    const parent = new Mount(no)
    const child = new Mount(giving('child', {}), parent)
    for (const mount of [child, parent, child]) expect(await mount.decide(exchange)).toMatchObject({ allowed: true })
    finish(200)
    expect(events[0]?.notices).toHaveLength(1)
  })

  test('a limit that refuses lets the request pass and says how it stands', async () => {
    const mount = new Mount(limited('tight', 1))
    await mount.decide(exchangeFor({ mode: 'report' }).exchange)
    expect(await mount.decide(exchangeFor({ mode: 'report' }).exchange)).toMatchObject({
      allowed: true,
      headers: [
        ['ratelimit-policy', '"tight";q=1;w=60'],
        ['ratelimit', '"tight";r=0;t=60'],
      ],
    })
  })
})
