import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askFor, DpopClient, requestOf } from '../../support/dpop-client.js'
import { encoded, signed } from '../../support/fake-issuer.js'

const client = new DpopClient()
const guard = client.guard({ nonce: true })

const answerTo = (token: string, proof: string) => {
  const answer = askFor(guard, requestOf(token, [proof]))
  if ('then' in answer) throw new Error('not at once')
  return answer
}

const refusedAs401 = { allowed: false, kind: 'unauthenticated', code: expect.stringMatching(/^dpop_/) }

describe('whatever a proof says', () => {
  test('any text is refused', () => {
    const token = client.token()
    const part = fc.oneof(fc.string(), fc.base64String(), fc.json().map(encoded), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        expect(answerTo(token, parts.join('.'))).toMatchObject(refusedAs401)
      }),
    )
  })

  test('any header is refused', () => {
    const token = client.token()
    const jwk = fc.oneof(
      fc.jsonValue(),
      fc.record({
        kty: fc.constantFrom('EC', 'RSA', 'OKP'),
        crv: fc.jsonValue(),
        x: fc.jsonValue(),
        n: fc.jsonValue(),
      }),
      fc.dictionary(fc.constantFrom('kty', 'x', 'y', 'crv', 'use', 'd', '__proto__'), fc.jsonValue()),
    )
    fc.assert(
      fc.property(jwk, fc.constantFrom('ES256', 'RS256', 'EdDSA', 'none'), (found, alg) => {
        expect(answerTo(token, client.proof(token, {}, { jwk: found, alg }))).toMatchObject(refusedAs401)
      }),
    )
  })

  test('any payload is refused', () => {
    const token = client.token()
    const member = fc.constantFrom('jti', 'htm', 'htu', 'iat', 'ath', 'nonce', 'exp', 'nbf')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.dictionary(member, fc.jsonValue()).map((it) => JSON.stringify(it)),
        ),
        (text) => {
          expect(answerTo(token, signed(client.key, client.header(), text))).toMatchObject(refusedAs401)
        },
      ),
    )
  })

  test('members nested without end are refused', () => {
    const token = client.token()
    const nested = `{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":${'['.repeat(2700)}${']'.repeat(2700)},"y":"a"}}`
    expect(answerTo(token, signed(client.key, nested, '{}'))).toMatchObject({ code: 'dpop_key_refused' })
  })

  test('no bit of a good proof may be turned', () => {
    const token = client.token()
    const plain = client.guard()
    const proof = client.proof(token)
    fc.assert(
      fc.property(fc.nat(proof.length - 1), fc.constantFrom('A', 'B', '-', '.', '=', ' '), (at, character) => {
        fc.pre(proof[at] !== character)
        const turned = proof.slice(0, at) + character + proof.slice(at + 1)
        expect(askFor(plain, requestOf(token, [turned]))).toMatchObject(refusedAs401)
      }),
    )
    expect(askFor(plain, requestOf(token, [proof]))).toMatchObject({ allowed: true })
  })
})
