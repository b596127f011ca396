import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  claimedTrustDomain,
  isTrustDomainId,
  parseSpiffeId,
  parseWorkloadId,
  trustDomainId,
} from '../../../src/identity/certificates/spiffe-id.js'

const DOMAIN = { trustDomain: 'example.org', path: '' }
const longest = `spiffe://${'a'.repeat(255)}/${'b'.repeat(2048 - 9 - 255 - 1)}`

describe('parseSpiffeId', () => {
  test.each<readonly [string, object]>([
    ['spiffe://example.org', DOMAIN],
    ['spiffe://example.org/billing', { trustDomain: 'example.org', path: '/billing' }],
    ['spiffe://example.org/ns/default/sa/billing', { trustDomain: 'example.org', path: '/ns/default/sa/billing' }],
    ['spiffe://10.0.0.1/billing', { trustDomain: '10.0.0.1', path: '/billing' }],
    ['spiffe://a_b-c.d/x', { trustDomain: 'a_b-c.d', path: '/x' }],
    ['spiffe://example.org/Billing_v1.2-rc', { trustDomain: 'example.org', path: '/Billing_v1.2-rc' }],
    ['spiffe://example.org/...', { trustDomain: 'example.org', path: '/...' }],
    ['spiffe://example.org/.hidden/a.', { trustDomain: 'example.org', path: '/.hidden/a.' }],
    [longest, { trustDomain: 'a'.repeat(255), path: longest.slice(9 + 255) }],
  ])('%s', (text, parts) => expect(parseSpiffeId(text)).toEqual(parts))

  test.each<readonly [string, string]>([
    ['an empty text', ''],
    ['no scheme', 'example.org/billing'],
    ['another scheme', 'https://example.org/billing'],
    ['a scheme in capitals', 'SPIFFE://example.org/billing'],
    ['one slash', 'spiffe:/example.org/billing'],
    ['something ahead', ' spiffe://example.org/billing'],
    ['something behind', 'spiffe://example.org/billing '],
    ['a line break behind', 'spiffe://example.org/billing\n'],
    ['no trust domain', 'spiffe://'],
    ['no trust domain, and a path', 'spiffe:///billing'],
    ['capitals in the trust domain', 'spiffe://Example.org/billing'],
    ['a port', 'spiffe://example.org:8443/billing'],
    ['a user', 'spiffe://me@example.org/billing'],
    ['an address in brackets', 'spiffe://[::1]/billing'],
    ['letters beyond ASCII', 'spiffe://ex\u00e4mple.org/billing'],
    ['a query', 'spiffe://example.org/billing?a=b'],
    ['a query of the domain', 'spiffe://example.org?a=b'],
    ['a fragment', 'spiffe://example.org/billing#a'],
    ['percent-encoding', 'spiffe://example.org/b%69lling'],
    ['a slash at the end', 'spiffe://example.org/'],
    ['a slash behind the path', 'spiffe://example.org/billing/'],
    ['an empty segment', 'spiffe://example.org//billing'],
    ['a dot segment', 'spiffe://example.org/./billing'],
    ['a dot segment at the end', 'spiffe://example.org/billing/.'],
    ['two dots', 'spiffe://example.org/a/../billing'],
    ['two dots at the end', 'spiffe://example.org/billing/..'],
    ['a backslash', 'spiffe://example.org/a\\b'],
    ['a star', 'spiffe://example.org/*'],
    ['a NUL', 'spiffe://example.org/a\0'],
    ['a character too many', `${longest}b`],
    ['a trust domain of a character too many', `spiffe://${'a'.repeat(256)}/billing`],
  ])('refuses %s', (_name, text) => expect(parseSpiffeId(text)).toBeUndefined())

  test('whatever it takes is put together again from its parts', () => {
    const part = fc.string({ unit: fc.constantFrom(...'abzAZ019._-/%:@ '), maxLength: 20 })
    fc.assert(
      fc.property(part, part, (domain, path) => {
        const text = `spiffe://${domain}/${path}`
        const id = parseSpiffeId(text)
        if (id === undefined) return
        expect(`spiffe://${id.trustDomain}${id.path}`).toBe(text)
        expect(new URL(text)).toMatchObject({ host: id.trustDomain, pathname: id.path, search: '', hash: '' })
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('parseWorkloadId', () => {
  test('takes what has a path', () =>
    expect(parseWorkloadId('spiffe://example.org/billing')).toEqual({ trustDomain: 'example.org', path: '/billing' }))

  test.each(['spiffe://example.org', 'spiffe://example.org/', 'https://example.org/billing', ''])(
    'refuses %j',
    (text) => expect(parseWorkloadId(text)).toBeUndefined(),
  )
})

describe('claimedTrustDomain', () => {
  test.each<readonly [string, string | undefined]>([
    ['spiffe://example.org/billing', 'spiffe://example.org'],
    ['spiffe://example.org//a?b', 'spiffe://example.org'],
    ['spiffe://example.org/', 'spiffe://example.org'],
    ['spiffe://example.org', undefined],
    ['spiffe:///billing', undefined],
    ['spiffe://Example.org/billing', undefined],
    ['xspiffe://example.org/billing', undefined],
    ['https://example.org/billing', undefined],
    ['', undefined],
  ])('%s: %s', (text, domain) => expect(claimedTrustDomain(text)).toBe(domain))
})

describe('isTrustDomainId', () => {
  test('takes what trustDomainId gives', () => expect(isTrustDomainId(trustDomainId('example.org'))).toBe(true))

  test.each<readonly [unknown]>([
    ['spiffe://example.org/billing'],
    ['spiffe://example.org/'],
    ['spiffe://example.org:443'],
    ['spiffe://'],
    ['example.org'],
    [['spiffe://example.org']],
    [undefined],
    [null],
  ])('refuses %j', (text) => expect(isTrustDomainId(text)).toBe(false))
})
