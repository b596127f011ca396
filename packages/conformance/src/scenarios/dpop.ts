import type { RawAnswer, RawRequest } from '@wardline/test-kit'
import { expect } from 'vitest'
import type { App } from '../app.js'
import { dpopProof, PUBLIC_ORIGIN } from '../dpop-proofs.js'
import { PROXY } from '../world.js'
import { count, type Scenario } from './scenario.js'

const proving = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'proving', run })

/** A request whose proof is made for it, by the service's clock. */
function proven(app: App, method: string, target: string, claims: Readonly<Record<string, unknown>> = {}): RawRequest {
  const token = app.tokens['key-bound']!
  const iat = Math.floor(app.world.clock() / 1000)
  const proof = dpopProof(token, { htm: method, htu: `${PUBLIC_ORIGIN}${target}`, iat, ...claims })
  return {
    method,
    target,
    headers: [
      ['authorization', `DPoP ${token}`],
      ['dpop', proof],
    ],
  }
}

const pay = (app: App, nonce?: string): Promise<RawAnswer> => app.send(proven(app, 'POST', '/payments', { nonce }))

export const DPOP_SCENARIOS: readonly Scenario[] = [
  proving('the same proof 20 times at once: one passes', async (app) => {
    await app.send(proven(app, 'GET', '/bound')) // keys are there
    const answers = await app.burst(20, proven(app, 'GET', '/bound'))
    expect([count(answers, 200), count(answers, 401)]).toEqual([1, 19])
  }),

  proving('a nonce is asked for, good for a while, and followed by the next', async (app) => {
    const first = await pay(app)
    expect(first.status).toBe(401)
    expect(first.headers['www-authenticate']).toContain('error="use_dpop_nonce"')
    const nonce = first.headers['dpop-nonce']!
    const paid = await pay(app, nonce)
    expect([paid.status, paid.headers['dpop-nonce']]).toEqual([201, undefined])
    app.world.advance(150_000)
    const later = await pay(app, nonce)
    expect(later.status).toBe(201)
    expect(later.headers['cache-control']).toContain('no-store')
    expect(later.headers['dpop-nonce']).toMatch(/^[A-Za-z0-9_-]{43}$/)
    app.world.advance(150_000)
    expect((await pay(app, nonce)).status).toBe(401)
    expect(app.world.events.filter(({ code }) => code !== 'allowed').map(({ code }) => code)).toEqual([
      'dpop_nonce_missing',
      'dpop_nonce_stale',
    ])
  }),

  proving('a certificate that comes with every request hides no nonce from those who sign in', async (app) => {
    const transfer = ({ headers, ...rest }: RawRequest): RawRequest => ({
      ...rest,
      headers: [...headers!, ['client-cert', app.tokens['svid-other-rfc']!]],
      from: PROXY,
    })
    const first = await app.send(transfer(proven(app, 'POST', '/transfers')))
    expect(first.status).toBe(401)
    expect(first.headers['www-authenticate']).toMatch(/^ClientCertificate, .*error="use_dpop_nonce"$/)
    const nonce = first.headers['dpop-nonce']!
    expect((await app.send(transfer(proven(app, 'POST', '/transfers', { nonce })))).status).toBe(201)
    expect((await app.events(2)).map(({ code }) => code)).toEqual(['dpop_nonce_missing', 'allowed'])
  }),

  proving('a store that is full or away is a 503, and nothing passes', async (app) => {
    const answers = [await app.send(proven(app, 'GET', '/full')), await app.send(proven(app, 'GET', '/away'))]
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(['5', '1'])
    const events = await app.events(2)
    expect(events.map(({ code, kind }) => [code, kind])).toEqual([
      ['replay_store_full', 'unavailable'],
      ['replay_unavailable', 'unavailable'],
    ])
  }),

  proving('a missing scope is asked for by the scheme that was used', async (app) => {
    const { status, headers } = await app.send(proven(app, 'GET', '/bound-scope'))
    expect(status).toBe(403)
    expect(headers['www-authenticate']).toMatch(/^DPoP algs=".+", error="insufficient_scope", scope="orders:write"$/)
  }),
]
