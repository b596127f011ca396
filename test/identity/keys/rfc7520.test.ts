import { describe, expect, test } from 'vitest'
import type { JwtAlgorithm } from '../../../src/identity/keys/algorithms.js'
import { importKeySet } from '../../../src/identity/keys/key-set.js'
import { compactToken } from '../../../src/identity/tokens/compact-token.js'
import { SIGNATURES } from '../../vectors/rfc7520.js'

describe.each(SIGNATURES)('$section, $input', ({ jwk, alg, header, payload, signature }) => {
  const algorithm = alg as JwtAlgorithm
  const key = importKeySet({ keys: [jwk] }, [algorithm], 'sig').select(jwk.kid, alg)!
  const verified = (input: string, bytes = signature) => key.verify(Buffer.from(input), Buffer.from(bytes, 'base64url'))

  test('is read as it is printed', () => {
    expect(compactToken(`${header}.${payload}.${signature}`)).toMatchObject({ alg, kid: jwk.kid, typ: undefined })
  })

  test('is signed by the key', async () => {
    expect(await verified(`${header}.${payload}`)).toBe(true)
  })

  test.each([
    ['another header', `${header.slice(0, -1)}0.${payload}`, signature],
    ['another payload', `${header}.${payload.slice(1)}`, signature],
    ['no payload', `${header}.`, signature],
    ['another signature', `${header}.${payload}`, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
    ['a signature cut short', `${header}.${payload}`, signature.slice(0, -4)],
  ])('with %s it is not', async (_name, input, bytes) => {
    expect(await verified(input, bytes)).toBe(false)
  })

  test('the key is one for its own algorithm only', () => {
    const others = (['RS256', 'PS384', 'ES512', 'ES256', 'EdDSA'] as const).filter((name) => name !== alg)
    const set = importKeySet({ keys: [{ ...jwk, alg }] }, [algorithm, ...others], 'sig')
    expect(others.map((name) => set.select(jwk.kid, name))).toEqual(others.map(() => undefined))
  })
})
