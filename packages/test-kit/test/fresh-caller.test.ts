import { isIPv4 } from 'node:net'
import { expect, test } from 'vitest'
import { freshAddress, freshSub, times, tokenFor } from '../src/index.js'

test('addresses are of loopback, and none comes twice', () => {
  const addresses = times(70_000, freshAddress)
  expect(new Set(addresses).size).toBe(addresses.length)
  for (const address of [addresses[0]!, addresses[65_535]!, addresses.at(-1)!]) {
    expect(isIPv4(address)).toBe(true)
    expect(address).toMatch(/^127\.1[01]\./)
  }
})

test('subjects are not the same twice', () => expect(freshSub()).not.toBe(freshSub()))

test("a token is for a fresh subject, unless it is the test's to say", async () => {
  const idp = { sign: async (claims: object, header?: object) => JSON.stringify([claims, header]) }
  const [first, second] = [JSON.parse(await tokenFor(idp)), JSON.parse(await tokenFor(idp))]
  expect(first[0].sub).not.toBe(second[0].sub)
  expect(JSON.parse(await tokenFor(idp, { sub: 'alice', scope: 'a' }, { typ: 'x' }))).toEqual([
    { sub: 'alice', scope: 'a' },
    { typ: 'x' },
  ])
})
