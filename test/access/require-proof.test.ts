import { describe, expect, test } from 'vitest'
import { all, type Challenge, definePrincipal, type Proof, requireProof } from '../../src/index.js'
import { CHALLENGE } from '../../src/principal.js'
import { contextFor } from '../support/context.js'
import { decideNow, giving } from '../support/guards.js'

type Proofs = readonly [Proof, ...Proof[]]

const ask = (proof: Proof, wanted: Proofs, sent?: Challenge) => {
  const principal = definePrincipal({ id: 'alice', issuer: 'https://idp.test', proof, [CHALLENGE]: sent })
  return decideNow(all(giving('jwt', { principal }), requireProof(...wanted)), contextFor())
}

const BEARER = { scheme: 'Bearer', params: { error: 'invalid_token' } }
const DPOP = { scheme: 'DPoP', params: { error: 'invalid_token' } }

describe('requireProof', () => {
  test.each<readonly [Proof, Proofs]>([
    ['dpop', ['dpop']],
    ['mtls', ['dpop', 'mtls']],
    ['dpop', ['mtls', 'dpop']],
    ['bearer', ['bearer']],
    ['key', ['key', 'mtls']],
  ])('a principal by %s passes %j', (proof, wanted) => expect(ask(proof, wanted)).toMatchObject({ allowed: true }))

  test.each<readonly [Proof, Proofs, readonly object[]]>([
    ['bearer', ['dpop'], [DPOP]],
    ['bearer', ['dpop', 'mtls'], [DPOP, BEARER]],
    ['bearer', ['mtls'], [BEARER]],
    ['dpop', ['mtls'], [BEARER]],
    ['mtls', ['dpop'], [DPOP]],
    ['mtls', ['bearer'], [BEARER]],
    ['bearer', ['key'], [{ scheme: 'ApiKey' }]],
    ['dpop', ['bearer', 'mtls', 'key'], [BEARER, { scheme: 'ApiKey' }]],
    ['key', ['dpop', 'mtls'], [{ scheme: 'DPoP' }, { scheme: 'Bearer' }]],
  ])('a principal by %s does not pass %j', (proof, wanted, challenges) =>
    expect(ask(proof, wanted)).toMatchObject({
      kind: 'unauthenticated',
      code: 'proof_missing',
      guard: `requireProof(${wanted.join(' or ')})`,
      challenges,
    }),
  )

  test.each<readonly [string, Proof, object]>([
    ['DPoP', 'bearer', { scheme: 'DPoP', params: { error: 'invalid_token' } }],
    ['ApiKey', 'key', { scheme: 'DPoP' }],
    ['ClientCertificate', 'mtls', { scheme: 'DPoP' }],
  ])('who came by %s is told of a bad token only where it sent one', (scheme, proof, challenged) => {
    const answer = ask(proof, ['dpop'], { scheme })
    expect(answer).toMatchObject({ code: 'proof_missing' })
    expect(answer).toHaveProperty('challenges', [challenged])
  })

  test('a principal by what nobody knows does not pass', () =>
    expect(ask('toString' as Proof, ['dpop'])).toMatchObject({ code: 'proof_missing' }))

  test('without a principal it is the guard that is wrong', () =>
    expect(decideNow(requireProof('dpop') as never, contextFor())).toMatchObject({ kind: 'internal' }))

  test.each([
    ['no proof', [], /proofs must not be empty/],
    ['one that there is not', ['dpop', 'tls'], /must be one of bearer, dpop, mtls, key, got "tls"/],
    ['a list', [['dpop']], /must be a non-empty string/],
  ])('%s is a TypeError', (_name, proofs, message) => {
    const make = () => requireProof(...(proofs as unknown as Proofs))
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})
