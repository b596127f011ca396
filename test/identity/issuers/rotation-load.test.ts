import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { type Idp, startIdp } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IssuerEvent, jwt, trustedIssuer } from '../../../src/index.js'
import { ask } from '../../support/fake-issuer.js'

const CALLERS = 300
const COOLDOWN_MS = 1_000

describe('keys of a real provider roll over under load', () => {
  let idp: Idp
  beforeAll(async () => {
    idp = await startIdp({ clients: [{ id: 'shop' }], algorithm: 'ES256' })
  })
  afterAll(() => idp.close())

  test.each([
    ['remembered', 10_000],
    ['not remembered', 0],
  ])('no request with a good token is refused, tokens %s', async (_name, cachedTokens) => {
    const events: IssuerEvent[] = []
    const { issuer, audience } = idp
    const onEvent = (event: IssuerEvent): void => void events.push(event)
    const trusted = trustedIssuer({ issuer, audience, cooldownMs: COOLDOWN_MS, onEvent })
    const guard = jwt({ issuers: [trusted], cachedTokens })
    const tokens: string[] = []
    const issue = async () => tokens.push(...(await Promise.all(Array.from({ length: 40 }, () => idp.sign({})))))
    const fetchesBefore = idp.requests.get('/jwks') ?? 0

    expect(await trusted.warm()).toBe(true)
    await issue()
    let isOver = false
    let answered = 0
    const refused: unknown[] = []
    const call = async (first: number): Promise<void> => {
      for (let i = first; !isOver; i++) {
        const answer = await ask(guard, tokens[i % tokens.length]!, Date.now())
        answered++
        if (!answer.allowed) refused.push(answer)
        await turn()
      }
    }
    const callers = Array.from({ length: CALLERS }, (_, i) => call(i * 7))
    for (let i = 0; i < 2; i++) {
      await idp.rotate({ keepOld: true })
      await issue()
      await wait(COOLDOWN_MS + 100)
    }
    isOver = true
    await Promise.all(callers)

    expect(refused).toEqual([])
    expect(answered).toBeGreaterThan(CALLERS)
    expect(events.map(({ event }) => event)).toEqual(['keys_rotated', 'keys_rotated'])
    expect((idp.requests.get('/jwks') ?? 0) - fetchesBefore).toBe(3)
    expect(trusted.state()).toMatchObject({ keys: 'ready', failures: 0 })
  })

  test('with made-up key ids among them, a new key is taken within a cooldown and the others never wait', async () => {
    const guard = jwt({ issuer: idp.issuer, audience: idp.audience, cooldownMs: COOLDOWN_MS })
    const old = await idp.sign({})
    expect(await ask(guard, old, Date.now())).toMatchObject({ allowed: true })
    const madeUp = await Promise.all(Array.from({ length: 100 }, (_, i) => idp.sign({}, { kid: `made-up-${i}` })))
    const fetchesBefore = idp.requests.get('/jwks')!
    await Promise.all(madeUp.map((token) => ask(guard, token, Date.now())))
    await idp.rotate({ keepOld: true })
    const next = await idp.sign({})
    const startedMs = Date.now()
    while (!(await ask(guard, next, Date.now())).allowed) {
      const [known] = await Promise.all([
        ask(guard, old, Date.now()),
        ...madeUp.map((token) => ask(guard, token, Date.now())),
      ])
      expect(known).toMatchObject({ allowed: true })
      await wait(20)
      if (Date.now() - startedMs > 5 * COOLDOWN_MS) break
    }
    expect(Date.now() - startedMs).toBeLessThan(COOLDOWN_MS + 500)
    expect(idp.requests.get('/jwks')! - fetchesBefore).toBe(2)
  })
})
