import { setFlagsFromString } from 'node:v8'
import { rawRequest } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import { portOf, recorded, VERSIONS } from './support.js'

setFlagsFromString('--allow-natives-syntax')
const haveSameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

describe.each(VERSIONS)('%s', (_name, framework) => {
  test('requests behind a guard share a hidden class, and so do responses', async () => {
    const { guard } = recorded()
    const app = framework()
    const met: (readonly [request: object, response: object])[] = []
    let arrived = () => {}
    const bothAreHere = new Promise<void>((resolve) => {
      arrived = () => met.length === 2 && resolve()
    })
    const everyone = guard()
    app.get('/warm', everyone, (_req, res) => void res.end())
    app.get('/orders', everyone, async (req, res) => {
      met.push([req, res])
      arrived()
      await bothAreHere // compared at the same point of their way
      res.end()
    })
    const port = await portOf(app)
    for (let i = 0; i < 20; i++) await rawRequest(port, { target: '/warm' })
    await Promise.all([rawRequest(port, { target: '/orders' }), rawRequest(port, { target: '/orders' })])
    const [[request, response], [otherRequest, otherResponse]] = met as [(typeof met)[0], (typeof met)[0]]
    expect(haveSameClass(request, otherRequest)).toBe(true)
    expect(haveSameClass(response, otherResponse)).toBe(true)
  })

  test('a response that refuses properties it does not know stays as it is', async () => {
    const { guard } = recorded()
    const app = framework()
    const everyone = guard()
    app.get('/orders', (req, res, next) => {
      const strict = new Proxy(res, {
        set: (target, key, value) => typeof key === 'string' && Reflect.set(target, key, value),
      })
      everyone(req, strict, next)
    })
    app.get('/orders', (_req, res) => void res.end('there'))
    expect(await rawRequest(await portOf(app), { target: '/orders' })).toMatchObject({ status: 200, body: 'there' })
  })

  test('nothing but the exchange is left on either', async () => {
    const { guard } = recorded()
    const app = framework()
    const keys: PropertyKey[][] = []
    const look: import('express').RequestHandler = (req, res, next) => {
      keys.push(Reflect.ownKeys(req), Reflect.ownKeys(res))
      next()
    }
    app.get('/orders', look, guard(), look, (_req, res) => void res.end())
    await rawRequest(await portOf(app), { target: '/orders' })
    const [request, response, requestAfter, responseAfter] = keys
    const news = (before: PropertyKey[] = [], after: PropertyKey[] = []) =>
      after.filter((key) => !before.includes(key)).map(String)
    expect(news(request, requestAfter)).toEqual(['Symbol(wardline)'])
    expect(responseAfter).toEqual(response)
  })
})
