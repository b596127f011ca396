import { expect, test } from 'vitest'
import { jwt, mtls } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { ISSUER, NOW_MS, testKey } from '../../support/fake-issuer.js'
import { party } from '../../support/party.js'

const own = party(ISSUER, testKey())
const guard = jwt({ ...own.options(), proofs: [mtls({ allow: 'any-verified' })] })

test.each<[string, readonly (readonly [string, string])[]]>([
  ['no token', []],
  ['a malformed token', [['authorization', 'Bearer a b']]],
  ['a token that is bound to none', [['authorization', `Bearer ${own.token()}`]]],
  ['a token that is remembered', [['authorization', `Bearer ${own.token({ jti: 'known' })}`]]],
])('where certificates are a proof, a field that no proxy wrote is refused beside %s', (_what, headers) => {
  const known = guard.check(contextFor({ headers, nowMs: NOW_MS }), {})
  expect(known).toMatchObject({ allowed: headers[0]?.[1].includes('.') ?? false })
  const forged = [...headers, ['client-cert', ':AA:']] as const
  expect(guard.check(contextFor({ headers: forged, nowMs: NOW_MS }), {})).toMatchObject({
    kind: 'invalid',
    code: 'certificate_header_refused',
    event: 'malicious_extraneous',
  })
})
