import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import { ask, NOW, NOW_MS } from '../../support/fake-issuer.js'
import { FakeServer, json } from '../../support/fake-server.js'

const server = new FakeServer()
const allowed = { allowed: true }
const away = { kind: 'unavailable', code: 'introspection_unavailable' }

beforeAll(() => server.listen())
afterAll(() => server.close())
beforeEach(() => server.reset())

/** What is answered at each of `seconds` from now, and how often the server was asked until then. */
async function course(guard: ReturnType<FakeServer['guard']>, token: string, seconds: readonly number[]) {
  const seen: unknown[] = []
  for (const s of seconds) {
    const answer = await ask(guard, token, NOW_MS + s * 1000)
    seen.push([s, answer.allowed || answer.code, server.asked.length])
  }
  return seen
}

describe('answers are remembered', () => {
  test('for 30 s: a hash and a lookup, and no Promise', async () => {
    const guard = server.guard()
    const token = server.opaque(server.answer())
    const first = await ask(guard, token)
    const second = ask(guard, token, NOW_MS + 29_999)
    expect(isPromiseLike(second)).toBe(false)
    expect(second).toMatchObject(allowed)
    expect((second as unknown as typeof first).allowed && first.allowed).toBe(true)
    expect(await ask(guard, token, NOW_MS + 30_000)).toMatchObject(allowed)
    expect(server.asked).toHaveLength(2)
  })

  test.each([
    ['cacheSeconds', { cacheSeconds: 5 }, {}, [0, 4, 5], [1, 1, 2]],
    ['cacheSeconds 0', { cacheSeconds: 0 }, {}, [0, 0, 1], [1, 2, 3]],
    ['no exp: by the same time', {}, { exp: undefined }, [0, 29, 30], [1, 1, 2]],
    ['exp before that, with the tolerance', { clockToleranceSeconds: 0 }, { exp: NOW + 10 }, [0, 9], [1, 1]],
  ])('%s', async (_name, options, change, seconds, asked) => {
    const seen = await course(server.guard(options), server.opaque(server.answer(change)), seconds)
    expect(seen).toEqual(seconds.map((s, i) => [s, true, asked[i]]))
  })

  test('never beyond exp, whatever the issuer says then', async () => {
    const token = server.opaque(server.answer({ exp: NOW + 10 }))
    const seen = await course(server.guard({ clockToleranceSeconds: 0 }), token, [0, 9, 10])
    expect(seen).toEqual([
      [0, true, 1],
      [9, true, 1],
      [10, 'token_expired', 2],
    ])
  })

  test('not before the time of the answer: a clock that steps back asks again', async () => {
    expect(await course(server.guard(), server.opaque(server.answer()), [0, -1])).toEqual([
      [0, true, 1],
      [-1, true, 2],
    ])
  })

  test('a revocation at the issuer acts within cacheSeconds, and for good', async () => {
    const guard = server.guard({ negativeCacheSeconds: 0 })
    const token = server.opaque(server.answer())
    expect(await ask(guard, token)).toMatchObject(allowed)
    server.tokens.delete(token)
    expect(await course(guard, token, [29, 30, 1])).toEqual([
      [29, true, 1],
      [30, 'token_inactive', 2],
      [1, 'token_inactive', 3],
    ])
  })

  test('refusals for 10 s, without a call', async () => {
    const token = server.opaque()
    expect(await course(server.guard(), token, [0, 9.9, 10])).toEqual([
      [0, 'token_inactive', 1],
      [9.9, 'token_inactive', 1],
      [10, 'token_inactive', 2],
    ])
  })

  test('a flood of made-up tokens drives out no good one', async () => {
    const guard = server.guard({ maxCached: 10 })
    const token = server.opaque(server.answer())
    await ask(guard, token)
    for (let i = 0; i < 50; i++) await ask(guard, server.opaque())
    const asked = server.asked.length
    expect(await ask(guard, token)).toMatchObject(allowed)
    expect(server.asked).toHaveLength(asked)
  })

  test('maxCached: the longest unused is forgotten', async () => {
    const guard = server.guard({ maxCached: 2 })
    const tokens = [1, 2, 3].map(() => server.opaque(server.answer()))
    for (const token of tokens) await ask(guard, token)
    await ask(guard, tokens[2]!)
    expect(server.asked).toHaveLength(3)
    await ask(guard, tokens[0]!)
    expect(server.asked).toHaveLength(4)
  })

  test('two tokens are two, however alike', async () => {
    const guard = server.guard()
    const token = server.opaque(server.answer())
    await ask(guard, token)
    expect(await ask(guard, `${token}=`)).toMatchObject({ code: 'token_inactive' })
    expect(await ask(guard, token.toUpperCase())).toMatchObject({ code: 'token_inactive' })
  })
})

describe('calls at once', () => {
  const holding = () => {
    const held: (() => void)[] = []
    server.fault = (response, { form }) =>
      void held.push(() => json(response, server.tokens.get(form.token!) ?? { active: false }))
    const until = async (n: number) => {
      while (held.length < n) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return { held, until }
  }

  test('one for a token, however many requests bring it', async () => {
    const { held, until } = holding()
    const guard = server.guard()
    const token = server.opaque(server.answer())
    const answers = Array.from({ length: 50 }, () => ask(guard, token))
    await until(1)
    held[0]!()
    expect((await Promise.all(answers)).every((answer) => answer.allowed)).toBe(true)
    expect(server.asked).toHaveLength(1)
  })

  test('at most maxInFlight: the next is a 503 at once, and nobody else is held up', async () => {
    const { held, until } = holding()
    const guard = server.guard({ maxInFlight: 2, onUnavailable: { staleSeconds: 60 } })
    const waiting = [server.opaque(server.answer()), server.opaque(server.answer())].map((token) => ask(guard, token))
    await until(2)
    const next = server.opaque(server.answer())
    const refused = ask(guard, next)
    expect(refused).toMatchObject({ ...away, retryAfterSeconds: 1 })
    for (const answer of held) answer()
    await Promise.all(waiting)
    server.fault = undefined
    expect(await ask(guard, next)).toMatchObject(allowed)
  })

  test('a flood of tokens does not have an old answer believed for longer', async () => {
    const guard = server.guard({ maxInFlight: 1, onUnavailable: { staleSeconds: 600 } })
    const token = server.opaque(server.answer())
    await ask(guard, token)
    const { held, until } = holding()
    const flood = ask(guard, server.opaque(), NOW_MS + 31_000)
    await until(1)
    expect(await ask(guard, token, NOW_MS + 31_000)).toMatchObject(away)
    held[0]!()
    await flood
  })
})
