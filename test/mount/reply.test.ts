import { describe, expect, test } from 'vitest'
import { ALLOWED, type Allowance, all, forbid, type Guard, rateLimit } from '../../src/index.js'
import { Mount } from '../../src/mount/index.js'
import { exchangeFor } from '../support/exchange.js'
import { answering, giving, later, principal } from '../support/guards.js'
import { watchedStore } from '../support/ledger.js'

type AnyGuard = Guard<object, object>

const reply = { status: 204, headers: [], body: '' } as const
const replies = answering('replies', { ...ALLOWED, headers: [['vary', 'Origin']], reply })
const unasked: AnyGuard = {
  name: 'unasked',
  check: () => {
    throw new Error('a guard behind a reply was asked')
  },
}

describe.each<[string, (guard: AnyGuard) => AnyGuard]>([
  ['sync', (guard) => guard],
  ['async', later],
])('a mount whose %s guard replies', (_form, as) => {
  const parent = new Mount<object>(all(giving('known', { a: 1 }), as(replies)))
  const child = new Mount<object>(unasked, parent)
  const grandchild = new Mount<object>(unasked, child)

  test('replies, and is audited as allowed with the status that was sent', async () => {
    const { exchange, events, finish } = exchangeFor()
    expect(await parent.decide(exchange)).toMatchObject({ allowed: true, reply, headers: [['vary', 'Origin']] })
    finish(204)
    expect(events).toMatchObject([{ decision: 'allow', code: 'allowed', guard: parent.name, status: 204 }])
  })

  test.each([
    ['has run', true],
    ['has not run', false],
  ])('makes its children reply, when it %s', async (_state, ran) => {
    const { exchange, events, finish } = exchangeFor()
    if (ran) await parent.decide(exchange)
    for (const mount of [grandchild, child, parent]) expect(await mount.decide(exchange)).toMatchObject({ reply })
    expect([grandchild, child, parent].map((mount) => mount.facts(exchange))).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }])
    finish(204)
    expect(events).toMatchObject([{ decision: 'allow', status: 204 }])
  })

  test('says its headers once, and its reply again', async () => {
    const { exchange } = exchangeFor()
    await parent.decide(exchange)
    const again = (await parent.decide(exchange)) as Allowance
    expect([again.reply, again.headers, again.charges]).toEqual([reply, undefined, undefined])
  })

  test('replies in report mode as well, since nothing was refused', async () => {
    const { exchange, events, finish } = exchangeFor({ mode: 'report' })
    expect(await child.decide(exchange)).toMatchObject({ allowed: true, reply })
    finish(204)
    expect(events).toMatchObject([{ decision: 'allow', notices: undefined }])
  })

  test('charges for it, and a limit that refuses wins', async () => {
    const store = watchedStore()
    const limited = new Mount(rateLimit({ name: 'tight', limit: 1, windowMs: 60_000, store }) as AnyGuard)
    const behind = new Mount<object>(as(replies), limited)
    expect(await behind.decide(exchangeFor().exchange)).toMatchObject({ allowed: true, reply })
    const { exchange, events } = exchangeFor()
    expect(await behind.decide(exchange)).toMatchObject({ allowed: false, code: 'rate_limited' })
    expect(events).toMatchObject([{ decision: 'deny', status: 429 }])
    expect(store.taken).toEqual([['tight']])
  })

  test('of a caller who is known names it in the event', async () => {
    const { exchange, events, finish } = exchangeFor()
    await new Mount<object>(all(giving('who', { principal: principal() }), as(replies))).decide(exchange)
    finish(204)
    expect(events).toMatchObject([{ event: 'authn_login_success', principal: { id: 'alice' } }])
  })
})

test('a pardoned denial has no reply', async () => {
  const { exchange } = exchangeFor({ mode: 'report' })
  const denied = { ...forbid('no'), reply }
  const decision = (await new Mount<object>(answering('no', denied)).decide(exchange)) as Allowance
  expect([decision.allowed, decision.reply]).toEqual([true, undefined])
})
