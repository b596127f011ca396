import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test, vi } from 'vitest'
import { type FederatedJwtOptions, type IssuerOptions, jwt, trustedIssuer } from '../../../src/index.js'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import { AUDIENCE, ask, NOW_MS, testKey } from '../../support/fake-issuer.js'
import { type Party, party } from '../../support/party.js'

const allowed = { allowed: true }
const unknown = { allowed: false, kind: 'unauthenticated', code: 'token_issuer_unknown' }
const unavailable = { allowed: false, kind: 'unavailable', code: 'issuer_unavailable' }
const FOR_MS = 60_000

type Resolver = NonNullable<FederatedJwtOptions['resolveIssuer']>

/** A guard that knows its issuers by `resolve` only, and the names it was asked for. */
function tenants(resolve: Resolver, rest: Partial<FederatedJwtOptions> = {}) {
  const asked: string[] = []
  const resolveIssuer: Resolver = (name) => {
    asked.push(name)
    return resolve(name)
  }
  const guard = jwt({ issuers: [], resolveIssuer, realm: AUDIENCE, resolvedForMs: FOR_MS, ...rest })
  return { guard, asked }
}

const key = testKey()
const tenant = (name: string): Party => party(`https://${name}.test`, key)
const acme = tenant('acme')

describe('a resolver', () => {
  test.each<[string, Resolver]>([
    ['that answers at once', () => acme.options()],
    ['that answers later', async () => acme.options()],
    ['that gives a trusted issuer', () => trustedIssuer(acme.options())],
    [
      'that gives a thenable',
      () => ({ then: (done: (value: IssuerOptions) => void) => done(acme.options()) }) as never,
    ],
  ])('%s: asked once', async (_name, resolve) => {
    const { guard, asked } = tenants(resolve)
    expect(await ask(guard, acme.token())).toMatchObject(allowed)
    expect(await ask(guard, acme.token())).toMatchObject(allowed)
    expect(asked).toEqual([acme.issuer])
  })

  test('that answers at once makes no promise', () => {
    const { guard } = tenants(() => acme.options())
    expect(isPromiseLike(ask(guard, acme.token()))).toBe(false)
  })

  test('is not asked for an issuer that is known, nor without a token', async () => {
    const { guard, asked } = tenants(() => undefined, { issuers: [acme.options()] })
    expect(await ask(guard, acme.token())).toMatchObject(allowed)
    expect(asked).toEqual([])
  })

  test.each([
    ['undefined', undefined],
    ['null', null],
  ])('that gives %s: 401, and asked no more for that name', async (_name, nothing) => {
    const { guard, asked } = tenants(() => nothing as undefined)
    for (let i = 0; i < 10; i++) expect(await ask(guard, acme.token())).toMatchObject(unknown)
    expect(asked).toEqual([acme.issuer])
    expect(await ask(guard, acme.token(), NOW_MS + FOR_MS)).toMatchObject(unknown)
    expect(asked).toHaveLength(2)
  })

  test.each<[string, Resolver]>([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('no database')
      },
    ],
    ['gives another issuer', () => tenant('evil').options()],
    ['gives a text', () => 'https://acme.test' as never],
    ['gives true', () => true as never],
    ['gives an empty object', () => ({}) as never],
    ['gives options that are wrong', () => acme.options({ algorithms: ['HS256' as never] })],
    ['gives a misspelt option', () => ({ ...acme.options(), audiences: ['x'] })],
  ])('that %s: 503, and asked again', async (_name, resolve) => {
    const { guard, asked } = tenants(resolve)
    for (let i = 0; i < 2; i++) {
      expect(await ask(guard, acme.token())).toMatchObject({ ...unavailable, cause: expect.any(Error) })
    }
    expect(asked).toHaveLength(2)
  })

  test('is asked once, however many wait', async () => {
    const { guard, asked } = tenants(async () => {
      await wait(10)
      return acme.options()
    })
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(guard, acme.token())))
    expect(answers.every((answer) => answer.allowed)).toBe(true)
    expect(asked).toHaveLength(1)
  })

  test.each([
    ['http://acme.example'],
    ['file:///etc/passwd'],
    ['javascript:1'],
    ['acme'],
    ['https://user:word@acme.test'],
    [''],
    ['https://'],
    ['x'.repeat(3000)],
  ])('never sees the name %j', async (iss) => {
    const { guard, asked } = tenants(() => acme.options())
    expect(await ask(guard, acme.token({ iss }))).toMatchObject(unknown)
    expect(asked).toEqual([])
  })
})

describe('a resolver that is slow', () => {
  test('is given two seconds, then room for others; what it says later does not count', async () => {
    vi.useFakeTimers()
    try {
      let late: (options: IssuerOptions | undefined) => void = () => {}
      const first = new Promise<IssuerOptions | undefined>((resolve) => {
        late = resolve
      })
      let isFirst = true
      const { guard, asked } = tenants(
        (name) => {
          if (name !== acme.issuer) return tenant('other').options()
          if (!isFirst) return undefined
          isFirst = false
          return first
        },
        { maxResolvedIssuers: 1 },
      )
      const waiting = ask(guard, acme.token())
      expect(await ask(guard, tenant('other').token())).toMatchObject(unavailable)
      await vi.advanceTimersByTimeAsync(2_000)
      expect(await waiting).toMatchObject(unavailable)
      expect(await ask(guard, tenant('other').token())).toMatchObject(allowed)
      expect(await ask(guard, acme.token())).toMatchObject(unknown)
      late(acme.options())
      await vi.advanceTimersByTimeAsync(10)
      expect(await ask(guard, acme.token())).toMatchObject(unknown)
      expect(asked).toEqual([acme.issuer, 'https://other.test', acme.issuer])
    } finally {
      vi.useRealTimers()
    }
  })

  test('a flood of names asks for no more at once than are kept', async () => {
    let underWay = 0
    let most = 0
    const { guard } = tenants(
      async () => {
        most = Math.max(most, ++underWay)
        await wait(5)
        underWay--
        return undefined
      },
      { maxResolvedIssuers: 7 },
    )
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => ask(guard, tenant(`t${i}`).token())))
    expect(most).toBe(7)
    expect(new Set(answers.map((answer) => !answer.allowed && answer.code))).toEqual(
      new Set(['token_issuer_unknown', 'issuer_unavailable']),
    )
  })
})

describe('what is kept', () => {
  test('a flood of made-up names drives out no tenant', async () => {
    const { guard, asked } = tenants((name) => (name === acme.issuer ? acme.options() : undefined), {
      maxResolvedIssuers: 2,
    })
    expect(await ask(guard, acme.token())).toMatchObject(allowed)
    for (let i = 0; i < 100; i++) expect(await ask(guard, tenant(`t${i}`).token())).toMatchObject(unknown)
    expect(await ask(guard, acme.token())).toMatchObject(allowed)
    expect(asked.filter((name) => name === acme.issuer)).toHaveLength(1)
  })

  test('is at most maxResolvedIssuers, the longest unused forgotten first', async () => {
    const { guard, asked } = tenants((name) => party(name, key).options(), { maxResolvedIssuers: 2, cachedTokens: 0 })
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) {
      expect(await ask(guard, tenant(name).token())).toMatchObject(allowed)
    }
    expect(asked).toEqual(['a', 'b', 'c', 'b'].map((name) => `https://${name}.test`))
  })

  test('tokens of an issuer that was forgotten are held against what is found anew', async () => {
    const { guard, asked } = tenants((name) => party(name, key).options(), { maxResolvedIssuers: 1 })
    const token = acme.token()
    for (const text of [token, tenant('other').token(), token, token]) {
      expect(await ask(guard, text)).toMatchObject(allowed)
    }
    expect(asked).toEqual([acme.issuer, 'https://other.test', acme.issuer])
  })

  test('a remembered token keeps nothing of an issuer that was forgotten', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const networks: WeakRef<object>[] = []
    const { guard } = tenants(
      (name) => {
        const fetch = async () => Response.json({ keys: [key.jwk] })
        networks.push(new WeakRef(fetch))
        return { issuer: name, audience: AUDIENCE, jwksUri: `${name}/jwks`, fetch }
      },
      { maxResolvedIssuers: 2 },
    )
    for (let i = 0; i < 20; i++) expect(await ask(guard, tenant(`t${i}`).token())).toMatchObject(allowed)
    await wait(5)
    collect()
    expect(networks.filter((network) => network.deref() !== undefined)).toHaveLength(2)
  })

  test('an issuer keeps its keys while its options stay the same, as an object or member by member', async () => {
    let fetches = 0
    const fetch = async () => {
      fetches++
      return Response.json({ keys: [key.jwk] })
    }
    const own = { issuer: acme.issuer, jwksUri: `${acme.issuer}/jwks`, fetch }
    let audience = [AUDIENCE]
    const { guard, asked } = tenants(() => ({ ...own, audience: [...audience] }), { resolvedForMs: 1_000 })
    for (const atMs of [0, 2_000, 2_999, 4_000, 4_999]) {
      expect(await ask(guard, acme.token(), NOW_MS + atMs)).toMatchObject(allowed)
    }
    expect([asked.length, fetches]).toEqual([3, 1])
    audience = ['another-api']
    expect(await ask(guard, acme.token(), NOW_MS + 6_000)).toMatchObject({ code: 'token_audience_mismatch' })
    expect([asked.length, fetches]).toEqual([4, 2])
  })

  test('a member more or fewer is another issuer', async () => {
    let rest: Partial<IssuerOptions> = {}
    const options = acme.options()
    const { guard } = tenants(() => ({ ...options, ...rest }), { resolvedForMs: 1_000 })
    expect(await ask(guard, acme.token())).toMatchObject(allowed)
    rest = { requiredClaims: { acr: 'mfa' } }
    expect(await ask(guard, acme.token(), NOW_MS + 2_000)).toMatchObject({ code: 'token_claim_invalid' })
    rest = {}
    expect(await ask(guard, acme.token(), NOW_MS + 4_000)).toMatchObject(allowed)
  })
})

describe('a tenant that is withdrawn', () => {
  const shared = trustedIssuer(acme.options())
  test.each<[string, () => Resolver]>([
    ['options', () => () => acme.options()],
    ['a trusted issuer', () => () => shared],
  ])('(%s) dies with its remembered tokens within resolvedForMs', async (_name, make) => {
    let given: Resolver = make()
    const { guard } = tenants((name) => given(name))
    const token = acme.token()
    expect(await ask(guard, token)).toMatchObject(allowed)
    given = () => undefined
    const before = ask(guard, token, NOW_MS + FOR_MS - 1)
    expect(isPromiseLike(before)).toBe(false)
    expect(before).toMatchObject(allowed)
    expect(await ask(guard, token, NOW_MS + FOR_MS)).toMatchObject(unknown)
    expect(await ask(guard, acme.token(), NOW_MS + FOR_MS)).toMatchObject(unknown)
    given = make()
    expect(await ask(guard, token, NOW_MS + 2 * FOR_MS)).toMatchObject(allowed)
  })

  test('is dead to the guard that was told, also where another guard goes on trusting the same issuer', async () => {
    let isGone = false
    const mine = tenants(() => (isGone ? undefined : shared))
    const other = tenants(() => shared)
    const token = acme.token()
    expect(await ask(mine.guard, token)).toMatchObject(allowed)
    isGone = true
    expect(await ask(other.guard, token, NOW_MS + FOR_MS - 1)).toMatchObject(allowed)
    expect(await ask(mine.guard, token, NOW_MS + FOR_MS)).toMatchObject(unknown)
    expect(await ask(other.guard, token, NOW_MS + FOR_MS)).toMatchObject(allowed)
  })

  test('is withdrawn at once by a clock that is put back, and so is that nobody was there', async () => {
    let given: IssuerOptions | undefined = acme.options()
    const { guard } = tenants(() => given)
    const token = acme.token()
    expect(await ask(guard, token)).toMatchObject(allowed)
    given = undefined
    expect(await ask(guard, token, NOW_MS - 1)).toMatchObject(unknown)
    given = acme.options()
    expect(await ask(guard, token, NOW_MS - 2)).toMatchObject(allowed)
  })

  test('while the resolver is down: 503, not what was known', async () => {
    let isDown = false
    const { guard } = tenants(() => {
      if (isDown) throw new Error('no database')
      return acme.options()
    })
    const token = acme.token()
    expect(await ask(guard, token)).toMatchObject(allowed)
    isDown = true
    expect(await ask(guard, token, NOW_MS + FOR_MS)).toMatchObject(unavailable)
    isDown = false
    expect(await ask(guard, token, NOW_MS + FOR_MS)).toMatchObject(allowed)
  })
})
