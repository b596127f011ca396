import { describe, expect, test } from 'vitest'
import { toHttp } from '../../src/http/index.js'
import { authorize, type Decision, type Principal } from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { ALICE, type Anything, ask, DENIED, NOT_FOUND, type Options, ORDER, UNKNOWN } from './orders.js'

const now = <T>(value: T): T => value
const soon = async <T>(value: T): Promise<T> => value
/** What some libraries give: awaited like a promise, but none. */
const thenable = <T>(value: T) => ({
  then: <R>(next: (given: T) => R) => Promise.resolve(value).then(next),
})

describe.each<readonly [string, <T>(value: T) => Anything]>([
  ['sync', now],
  ['async', soon],
  ['thenable', thenable],
])('%s loaders and deciders', (form, give) => {
  test.each<readonly [string, Options, object]>([
    ['allow', { resource: () => give(ORDER), decide: () => give(true) }, { allowed: true }],
    ['deny', { resource: () => give(ORDER), decide: () => give(false) }, DENIED],
    ['find nothing', { resource: () => give(undefined), decide: () => give(true) }, NOT_FOUND],
  ])('%s', async (_name, options, expected) => {
    const answer = ask(options)
    expect(answer instanceof Promise).toBe(form !== 'sync')
    expect(await answer).toMatchObject(expected)
  })

  test.each<readonly [string, Options]>([
    ['only the loader', { resource: () => give(ORDER) }],
    ['only the decider', { decide: () => give(true) }],
  ])('%s: waits only where it must', async (_name, options) => {
    const answer = ask(options)
    expect(answer instanceof Promise).toBe(form !== 'sync')
    expect(await answer).toMatchObject({ allowed: true })
  })

  test('reading an unknown attribute after the wait denies as well', async () => {
    const decide = async ({ resource }: Anything) => {
      await give(undefined)
      return resource.archived === undefined
    }
    expect(await ask({ decide })).toMatchObject(UNKNOWN)
  })
})

describe('the resource', () => {
  test('is given on as the very object that was loaded', async () => {
    const order = { id: '42', lines: [] }
    const decision = (await ask({ resource: () => order })) as Extract<
      Decision<{ resource: object }>,
      { allowed: true }
    >
    expect(decision.facts.resource).toBe(order)
  })

  test.each<readonly [string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['false', false],
    ['true', true],
    ['zero', 0],
    ['a number', 42],
    ['an empty text', ''],
    ['a text', 'order'],
    ['a function', () => ORDER],
  ])('that is %s is none: 404, and nobody decides', async (_name, resource) => {
    let asked = 0
    const decide = () => {
      asked++
      return true
    }
    expect(await ask({ resource: () => resource as never, decide })).toMatchObject(NOT_FOUND)
    expect(asked).toBe(0)
  })

  test('is loaded from the request and the facts', async () => {
    const orders: Record<string, object> = { 'alice/42': ORDER }
    const resource = (ctx: Anything, facts: { readonly principal: Principal }) =>
      orders[`${facts.principal.id}/${ctx.params.id}`]
    expect(await ask({ resource }, undefined, { params: { id: '42' } })).toMatchObject({ allowed: true })
    expect(await ask({ resource }, undefined, { params: { id: '43' } })).toMatchObject(NOT_FOUND)
  })
})

describe('only true allows', () => {
  test.each<readonly [string, unknown]>([
    ['false', false],
    ['undefined', undefined],
    ['null', null],
    ['zero', 0],
    ['one', 1],
    ['a text', 'true'],
    ['an object', {}],
    ['a list', [true]],
    ['a Boolean object', Object(true)],
    ['an allowance', { allowed: true, facts: {} }],
    ['a function', () => true],
  ])('not %s', async (_name, answer) => {
    expect(await ask({ decide: () => answer as never })).toMatchObject(DENIED)
    expect(await ask({ decide: async () => answer as never })).toMatchObject(DENIED)
  })
})

describe('what fails denies as internal', () => {
  const boom = new Error('boom')
  const throwing = () => {
    throw boom
  }
  test.each<readonly [string, Options]>([
    ['a loader that throws', { resource: throwing }],
    ['a loader that rejects', { resource: () => Promise.reject(boom) }],
    ['a decider that throws', { decide: throwing }],
    ['a decider that rejects', { decide: () => Promise.reject(boom) }],
    ['a decider that throws behind an async loader', { resource: soon.bind(null, ORDER), decide: throwing }],
    ['a decider that throws, hidden', { decide: throwing, hide: true }],
  ])('%s', async (_name, options) =>
    expect(await ask(options)).toEqual(
      expect.objectContaining({ kind: 'internal', code: 'guard_failed', cause: boom, guard: 'authorize(orders:read)' }),
    ),
  )
})

describe('hide', () => {
  const refusals: readonly (readonly [string, Options, string])[] = [
    ['denied', { decide: () => false }, 'access_denied'],
    ['unknown', { decide: ({ resource }) => resource.archived === undefined }, 'attribute_unknown'],
  ]
  test.each(refusals)('%s: 404 to the caller, and the reason in the audit trail', async (_name, options, code) =>
    expect(await ask({ ...options, hide: true })).toMatchObject({ kind: 'forbidden', status: 404, code }),
  )

  test.each(refusals)(
    '%s: the answer is that of a resource that does not exist, to the letter',
    async (_name, options) => {
      const sent = async (answer: ReturnType<typeof ask>) => {
        const decision = await answer
        if (decision.allowed) throw new Error('not refused')
        return toHttp(decision)
      }
      expect(await sent(ask({ ...options, hide: true }))).toEqual(
        await sent(ask({ resource: () => undefined, hide: true })),
      )
    },
  )

  test.each(refusals)('%s, not hidden: 403', async (_name, options, code) => {
    for (const hide of [false, undefined]) {
      const decision = await ask({ ...options, hide })
      expect(decision).toMatchObject({ kind: 'forbidden', code })
      expect(decision).not.toHaveProperty('status')
    }
  })

  test('does not stand in the way of an allowance', async () =>
    expect(await ask({ hide: true })).toMatchObject({ allowed: true, facts: { resource: ORDER } }))
})

describe('options out of place are a TypeError', () => {
  test.each<readonly [string, object, string]>([
    ['no action', { action: undefined }, 'action must be a non-empty string, got undefined'],
    ['an empty action', { action: '' }, 'action must be a non-empty string, got ""'],
    ['no resource', { resource: undefined }, 'resource must be a function, got undefined'],
    ['a resource, not its loader', { resource: ORDER }, 'resource must be a function, got an object'],
    ['no decide', { decide: undefined }, 'decide must be a function, got undefined'],
    ['a decision made already', { decide: true }, 'decide must be a function, got true'],
    ['hide as text', { hide: 'yes' }, 'hide must be true or false, got "yes"'],
    ['hide as a number', { hide: 1 }, 'hide must be true or false, got 1'],
    [
      'a misspelt option',
      { decides: () => true },
      'authorize(): unknown option decides; known are action, resource, decide, hide',
    ],
  ])('%s', (_name, options, message) => expect(() => ask(options)).toThrow(new TypeError(message)))

  test('no options at all', () =>
    expect(() => authorize(undefined as never)).toThrow(
      new TypeError('authorize(): options must be an object, got undefined'),
    ))
})

test('describes itself, and cannot be changed', () => {
  const guard = authorize({ action: 'orders:delete', resource: () => ORDER, decide: () => true })
  expect(guard).toMatchObject({
    name: 'authorize(orders:delete)',
    about: { room: 'access', requires: { action: 'orders:delete' } },
  })
  expect(Object.isFrozen(guard)).toBe(true)
})

test.each<readonly [string, unknown, (request: Anything) => boolean]>([
  ['missing', undefined, () => true],
  ['denied', ORDER, () => false],
])('answers with one frozen denial: %s', (_name, resource, decide) => {
  const guard = authorize<Anything>({ action: 'orders:read', resource: () => resource, decide })
  const denial = guard.check(contextFor(), { principal: ALICE })
  expect(denial).toMatchObject({ allowed: false })
  expect(Object.isFrozen(denial)).toBe(true)
  expect(guard.check(contextFor(), { principal: ALICE })).toBe(denial)
})

test('tells the operator which attribute was missing', () => {
  const guard = authorize<Anything>({
    action: 'orders:read',
    resource: () => ORDER,
    decide: ({ resource }) => resource.archived === undefined,
  })
  expect(guard.check(contextFor(), { principal: ALICE })).toMatchObject({
    code: 'attribute_unknown',
    cause: new Error("no attribute 'archived'"),
  })
})
