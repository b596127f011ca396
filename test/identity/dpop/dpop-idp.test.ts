import { type Idp, startIdp } from '@wardline/test-kit'
import { generateKeyPair, generateProof } from 'dpop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dpop, jwt } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { askFor, ORIGIN } from '../../support/dpop-client.js'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp({ clients: [{ id: 'shop', scope: 'orders:read', dpopBound: true }] })
})
afterAll(() => idp.close())

test('a token that a certified provider bound to a key is good with a proof by that key alone', async () => {
  const guard = jwt({
    issuer: idp.issuer,
    audience: idp.audience,
    proofs: [dpop({ origin: ORIGIN, required: true, nonce: true })],
  })
  const key = await generateKeyPair('ES256')
  const token = await idp.token('shop', { dpop: key as never })
  const send = async (by: typeof key, nonce?: string) => {
    const proof = await generateProof(by, `${ORIGIN}/orders`, 'GET', nonce, token)
    const headers = [
      ['authorization', `DPoP ${token}`],
      ['dpop', proof],
    ] as const
    return askFor(guard, contextFor({ path: '/orders', headers, nowMs: Date.now() }))
  }
  const asked = await send(key)
  expect(asked).toMatchObject({ code: 'dpop_nonce_missing', headers: [['dpop-nonce', expect.any(String)]] })
  const nonce = asked.headers![0]![1]
  expect(await send(key, nonce)).toMatchObject({ facts: { principal: { id: 'shop', proof: 'dpop' } } })
  expect(await send(await generateKeyPair('ES256'), nonce)).toMatchObject({ code: 'dpop_key_mismatch' })
})
