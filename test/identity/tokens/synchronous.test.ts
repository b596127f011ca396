import { describe, expect, test } from 'vitest'
import { isPromiseLike } from '../../../src/lib/maybe-promise.js'
import { ask, NOW_MS, standardClaims } from '../../support/fake-issuer.js'
import { promisesMadeBy } from '../../support/promises.js'
import { EVERY_ALGORITHM, guardOf, signer } from '../keys/signers.js'

const THREADED: readonly string[] = ['ES384', 'ES512']

describe.each(EVERY_ALGORITHM)('%s', (algorithm) => {
  const own = signer(algorithm)
  const fresh = () => own.token(own.header, standardClaims())

  test('a token seen before makes no promise', async () => {
    const guard = guardOf([own.jwk])
    const token = fresh()
    const before = await ask(guard, token)
    expect(before).toMatchObject({ allowed: true })
    const { result, promises } = promisesMadeBy(() => ask(guard, token))
    expect(promises).toBe(0)
    expect(result).toBe(before)
  })

  const threaded = THREADED.includes(algorithm)
  test(`a token not seen before makes ${threaded ? 'some: a thread verifies it' : 'none either'}`, async () => {
    const guard = guardOf([own.jwk])
    await ask(guard, fresh())
    const token = fresh()
    const { result, promises } = promisesMadeBy(() => ask(guard, token))
    expect(isPromiseLike(result)).toBe(threaded)
    expect(promises > 0).toBe(threaded)
    expect(await result).toMatchObject({ allowed: true })
  })
})

test.each([
  ['expired', { exp: NOW_MS / 1000 - 60 }, 'token_expired'],
  ['for another service', { aud: 'billing-api' }, 'token_audience_mismatch'],
])('a token that is %s is refused without a promise', async (_name, claims, code) => {
  const own = signer('ES256')
  const guard = guardOf([own.jwk])
  await ask(guard, own.token(own.header, standardClaims()))
  const token = own.token(own.header, { ...standardClaims(), ...claims })
  const { result, promises } = promisesMadeBy(() => ask(guard, token))
  expect(promises).toBe(0)
  expect(result).toMatchObject({ allowed: false, kind: 'unauthenticated', code })
})
