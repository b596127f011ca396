import { expect, test } from 'vitest'
import { jwt } from '../../../src/index.js'
import { ask, signed, testKey } from '../../support/fake-issuer.js'
import { ACCESS_TOKEN_CASES, FORGED_TOKENS, RFC9068 } from '../../vectors/rfc9068.js'

const { header, claims, verifier } = RFC9068
const key = testKey('ES256', { kid: header.kid })
const { issuer, audience, algorithms, clockToleranceSeconds, nowSeconds } = verifier
const guard = jwt({ issuer, audience, algorithms, clockToleranceSeconds, jwks: { keys: [key.jwk] } })
const nowMs = nowSeconds * 1000

test('the token that all cases change is good', async () => {
  expect(await ask(guard, signed(key, header, claims), nowMs)).toMatchObject({ allowed: true })
})

test.each(ACCESS_TOKEN_CASES)('$part: $input: $code ($section)', async ({ part, change, allowed, code }) => {
  const token =
    part === 'header' ? signed(key, { ...header, ...change }, claims) : signed(key, header, { ...claims, ...change })
  const answer = await ask(guard, token, nowMs)
  expect(answer).toMatchObject(allowed ? { allowed } : { allowed, kind: 'unauthenticated', code })
})

test.each(FORGED_TOKENS)('$input: $code ($section)', async ({ forge, code }) => {
  const token = forge(signed(key, header, claims), signed(testKey('ES256'), header, claims))
  expect(await ask(guard, token, nowMs)).toMatchObject({ allowed: false, kind: 'unauthenticated', code })
})

test('every case changes one member, and names the section that it is about', () => {
  expect(ACCESS_TOKEN_CASES.filter(({ change }) => Object.keys(change).length !== 1)).toEqual([])
  expect(ACCESS_TOKEN_CASES.filter(({ section }) => !/^RFC \d+ (section|appendix) [\dA-Z.]+$/.test(section))).toEqual(
    [],
  )
})
