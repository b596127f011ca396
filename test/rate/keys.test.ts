import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  all,
  byClaim,
  byClient,
  byEach,
  byNetwork,
  byOAuthClient,
  byPrincipal,
  byRoute,
  type Decision,
  memoryStore,
  type Principal,
  type RateKey,
  type RequestContext,
  rateLimit,
} from '../../src/index.js'
import { canonicalAddress } from '../../src/lib/address.js'
import type { BucketRequest } from '../../src/rate/store.js'
import { contextFor } from '../support/context.js'
import { decideNow, giving, principal } from '../support/guards.js'
import { answering } from './rules.js'

/** The bucket that a limit with this key takes from, as a shared store names it. */
async function bucketOf(key: unknown, name?: string): Promise<string> {
  const asked: BucketRequest[] = []
  const take = (requests: readonly BucketRequest[]) => {
    asked.push(...requests)
    return requests.map(() => ({ allowed: true, remaining: 1, retryAfterMs: 0, resetMs: 0 }))
  }
  const guard = rateLimit({
    limit: 1_000_000,
    windowMs: 31 * 86_400_000,
    name,
    store: answering(take),
    key: () => key as string,
  })
  await decideNow(guard, contextFor())
  const [{ rule, key: own }] = asked as [BucketRequest]
  return `${rule.id}:${own}`
}

describe('a key', () => {
  test('that is short stands in the bucket name as it is', async () =>
    expect(await bucketOf('alice', 'login')).toBe('login:token-bucket:1000000/2678400000/1000000/0:alice'))

  test.each([[129], [1000], [1_000_000]])('of %i characters is hashed', async (length) =>
    expect(await bucketOf('k'.repeat(length))).toMatch(
      /^default:token-bucket:1000000\/2678400000\/1000000\/0:#[A-Za-z0-9_-]{43}$/,
    ),
  )

  test('of any kind makes a bucket name of bounded length, and no two share one', () => {
    const someKey = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme', minLength: 100, maxLength: 300 }),
      fc.integer({ min: 100, max: 300 }).map((length) => 'k'.repeat(length)),
      fc.stringMatching(/^#[A-Za-z0-9_-]{43}$/),
    )
    return fc.assert(
      fc.asyncProperty(fc.tuple(someKey, someKey), async ([a, b]) => {
        const [first, second] = [await bucketOf(a), await bucketOf(b)]
        expect(first === second).toBe(a === b)
        expect(first.length).toBeLessThan(256)
      }),
    )
  })

  test('with a lone surrogate is another than with the next one, also when it is hashed', async () => {
    const keys = ['\ud800', '\ud801', '\ufffd'].flatMap((end) => [`k${end}`, `#${end}`, 'k'.repeat(200) + end])
    const buckets = await Promise.all(keys.map((key) => bucketOf(key)))
    expect(new Set(buckets).size).toBe(keys.length)
  })

  test('cannot name the bucket of a long key by its hash', async () => {
    const victim = await bucketOf('v'.repeat(200))
    const attempt = await bucketOf(victim.split(':').at(-1))
    expect(attempt).not.toBe(victim)
  })

  const thrown = () => {
    throw new Error('no key today')
  }
  test.each<readonly [string, () => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a number', () => 7],
    ['an object', () => ({})],
    ['a promise', () => Promise.resolve('k')],
    ['thrown', thrown],
  ])('that is %s denies as internal', async (_input, key) =>
    expect(await decideNow(rateLimit({ limit: 1, windowMs: 1, key: key as () => string }), contextFor())).toMatchObject(
      {
        kind: 'internal',
        code: 'guard_failed',
        guard: 'rateLimit(default)',
      },
    ),
  )
})

describe('byClient', () => {
  const one = { limit: 1, windowMs: 60_000 }
  const keyOf = (client: string) => byClient(contextFor({ client }))

  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['::1', '::/64'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (client, key) => expect(keyOf(client)).toBe(key))

  test('is the default', async () => {
    const guard = rateLimit(one)
    const ask = async (client: string) => (await decideNow(guard, contextFor({ client }))).allowed
    expect([await ask('203.0.113.7'), await ask('203.0.113.7'), await ask('203.0.113.8')]).toEqual([true, false, true])
  })

  // threats.md, Addresses and limits: IPv6 prefix hopping counts once.
  test('a client that hops through its /64 is one client', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), async (host) => {
        const guard = rateLimit(one)
        const [network, other] = ['2001:db8:a:b', '2001:db8:a:c']
        const hop = (from: number) =>
          `${network}:${host
            .slice(from, from + 4)
            .map((part) => part.toString(16))
            .join(':')}`
        const ask = async (client: string) => (await decideNow(guard, contextFor({ client }))).allowed
        expect([await ask(hop(0)), await ask(hop(4)), await ask(`${other}::1`)]).toEqual([true, false, true])
      }),
    ))

  // threats.md, Addresses and limits: CVE-2026-30827, CVE-2026-39409.
  test.each([
    ['::ffff:203.0.113.7'],
    ['::FFFF:203.0.113.7'],
    ['::ffff:cb00:7107'],
    ['::ffff:CB00:7107'],
    ['0:0:0:0:0:ffff:203.0.113.7'],
    ['0000:0000:0000:0000:0000:ffff:cb00:7107'],
  ])('%s and 203.0.113.7 are one client', (spelling) => {
    expect(keyOf(spelling)).toBe('203.0.113.7')
    expect(keyOf(canonicalAddress(spelling)!)).toBe('203.0.113.7')
  })
})

describe('byPrincipal', () => {
  const keyOf = (issuer: string, id: string) =>
    byPrincipal(contextFor() as RequestContext, { principal: { ...principal(), id, issuer } })

  test('counts a caller by issuer and id', async () => {
    const guard = (issuer: string, limit: ReturnType<typeof rateLimit<{ principal: ReturnType<typeof principal> }>>) =>
      all(giving('token', { principal: { ...principal('alice'), issuer } }), limit)
    const limit = rateLimit({ limit: 1, windowMs: 1000, key: byPrincipal })
    expect(await decideNow(guard('https://a.example', limit), contextFor())).toMatchObject({ allowed: true })
    expect(await decideNow(guard('https://b.example', limit), contextFor())).toMatchObject({ allowed: true })
    expect(await decideNow(guard('https://a.example', limit), contextFor())).toMatchObject({ kind: 'exhausted' })
  })

  test.each<readonly [one: readonly [string, string], other: readonly [string, string]]>([
    [
      ['a', 'b,c'],
      ['a,b', 'c'],
    ],
    [
      ['a","b', 'c'],
      ['a', 'b","c'],
    ],
    [
      ['a', ''],
      ['', 'a'],
    ],
    [
      ['a\\', 'b'],
      ['a', '\\b'],
    ],
    [
      ['https://a.example', '/alice'],
      ['https://a.example/', 'alice'],
    ],
  ])('%j and %j are two callers', (one, other) => expect(keyOf(...one)).not.toBe(keyOf(...other)))

  test('no two pairs of issuer and id share a key', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '"', ',', '[', ']', '\\', ' ', '\ud800', '\u00e9'), { maxLength: 8 }),
        fc.nat(8),
        fc.nat(8),
        (parts, cutA, cutB) => {
          const cut = (at: number) => [parts.slice(0, at).join(''), parts.slice(at).join('')] as const
          const [a, b] = [cut(cutA), cut(cutB)]
          expect(keyOf(...a) === keyOf(...b)).toBe(a[0] === b[0] && a[1] === b[1])
        },
      ),
    ))
})

describe('keys of what a token says', () => {
  const known = (claims: object, client?: string) => ({
    principal: { ...principal('alice'), claims, client } as ReturnType<typeof principal>,
  })
  const ctx = contextFor({ route: '/orders/:id' }) as RequestContext

  test('byOAuthClient counts callers of one client together, within its issuer', () => {
    expect(byOAuthClient(ctx, known({}, 'web'))).toBe(
      byOAuthClient(ctx, { principal: { ...known({}, 'web').principal, id: 'bob' } }),
    )
    expect(byOAuthClient(ctx, known({}, 'web'))).not.toBe(byOAuthClient(ctx, known({}, 'app')))
    expect(byOAuthClient(ctx, known({}))).not.toBe(byOAuthClient(ctx, known({}, '')))
  })

  test('byClaim counts callers with one value together', () => {
    const byTenant = byClaim('tenant')
    expect(byTenant(ctx, known({ tenant: 'a' }))).toBe(byTenant(ctx, known({ tenant: 'a', more: 1 })))
    expect(byTenant(ctx, known({ tenant: 'a' }))).not.toBe(byTenant(ctx, known({ tenant: 'b' })))
    expect(byTenant(ctx, known({ tenant: '7' }))).not.toBe(byTenant(ctx, known({ tenant: 7 })))
  })

  test.each([[{}], [{ tenant: null }], [{ tenant: ['a'] }], [{ tenant: true }]])(
    'byClaim of a caller with %j denies: none is no tenant that all of them share',
    async (claims) => {
      const limit = rateLimit({ limit: 1, windowMs: 1000, key: byClaim('tenant') })
      const decision = await decideNow(all(giving('who', known(claims)), limit), contextFor())
      expect(decision).toMatchObject({ kind: 'internal', code: 'guard_failed', guard: 'rateLimit(default)' })
    },
  )

  test('byClaim reads no claim that an object has by nature', () =>
    expect(() => byClaim('constructor')(ctx, known({}))).toThrow(TypeError))

  test.each([[''], [undefined], [7]])('byClaim(%j) is a TypeError', (claim) =>
    expect(() => byClaim(claim as string)).toThrow(/^claim must be/),
  )

  test.each([
    ['2001:db8:1:2::3', undefined, '2001:db8:1::/48'],
    ['2001:db8:1:2::3', 56, '2001:db8:1::/56'],
    ['203.0.113.7', 32, '203.0.113.7'],
    ['::ffff:203.0.113.7', 32, '203.0.113.7'],
  ])('byNetwork of %s and %s bits is %s', (client, bits, network) =>
    expect(byNetwork(bits)(contextFor({ client }), {})).toBe(network),
  )

  test.each([[31], [65], [48.5], ['48']])('byNetwork(%j) is a TypeError', (bits) =>
    expect(() => byNetwork(bits as number)).toThrow(/^ipv6Bits must be an integer from 32 to 64/),
  )

  test('byRoute counts by the pattern; what has none is one', () => {
    expect(byRoute(ctx)).toBe('/orders/:id')
    expect(byRoute(contextFor({ path: '/a' }))).toBe(byRoute(contextFor({ path: '/b' })))
  })

  test('byEach keeps the parts apart', () =>
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 2, maxLength: 4 }),
        fc.array(fc.string(), { minLength: 2, maxLength: 4 }),
        (a, b) => {
          if (a.length !== b.length) return
          const keyOf = ([first, ...more]: readonly string[]) =>
            byEach(() => first!, ...more.map((part) => () => part))(ctx, {})
          expect(keyOf(a) === keyOf(b)).toBe(a.every((part, index) => part === b[index]))
        },
      ),
    ))

  test('byEach of what is no function is a TypeError', () =>
    expect(() => byEach(byRoute, 'tenant' as never)).toThrow('byEach(): argument 2 must be a function, got "tenant"'))

  test('each level of a hierarchy has its own quota, and a request refused at one spends none', async () => {
    const byTenant = byClaim('tenant')
    const store = memoryStore()
    const level = <Needs extends object>(name: string, limit: number, key: RateKey<Needs>) =>
      rateLimit({ name, limit, windowMs: 60_000, key, store })
    const levels = all(
      level('tenant', 5, byTenant),
      level('principal', 3, byEach(byTenant, byPrincipal)),
      level('route', 2, byEach<{ readonly principal: Principal }>(byPrincipal, byRoute)),
    )
    const ask = async (id: string, route: string) => {
      const who = { principal: { ...known({ tenant: 'a' }).principal, id } }
      const decision = await decideNow(all(giving('who', who), levels), contextFor({ route }))
      return decision.allowed ? 'allowed' : (decision as Extract<Decision, { kind: 'exhausted' }>).violatedPolicies
    }
    for (const route of ['/x', '/x']) expect(await ask('ann', route)).toBe('allowed')
    for (let i = 0; i < 5; i++) expect(await ask('ann', '/x')).toEqual(['route'])
    expect(await ask('ann', '/y')).toBe('allowed')
    expect(await ask('ann', '/y')).toEqual(['principal'])
    for (const route of ['/x', '/y']) expect(await ask('bob', route)).toBe('allowed')
    expect(await ask('bob', '/z')).toEqual(['tenant'])
  })
})
