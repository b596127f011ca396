import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VerifiedTokens } from '../../../src/identity/tokens/verified-tokens.js'

const TOKEN = `header.payload.${'s'.repeat(86)}`

function remembering(...tokens: readonly string[]): VerifiedTokens<string> {
  const verified = new VerifiedTokens<string>(10)
  for (const token of tokens) verified.remember(token, `answer to ${token}`)
  return verified
}

test('what is found is what was remembered', () => {
  expect(remembering(TOKEN).find(TOKEN)).toBe(`answer to ${TOKEN}`)
})

test.each([
  ['nothing', ''],
  ['the end alone', TOKEN.slice(-32)],
  ['less than the end', TOKEN.slice(-31)],
  ['one character less', TOKEN.slice(1)],
  ['one character more', `h${TOKEN}`],
  ['another first character', `H${TOKEN.slice(1)}`],
  ['another payload', TOKEN.replace('payload', 'Payload')],
  ['the last character ahead of the end', `${TOKEN.slice(0, -33)}S${TOKEN.slice(-32)}`],
  ['another last character', `${TOKEN.slice(0, -1)}S`],
  ['a comma behind', `${TOKEN},`],
  ['a space ahead', ` ${TOKEN}`],
])('%s is not the token (CVE-2026-35039)', (_name, other) => {
  expect(remembering(TOKEN).find(other)).toBeUndefined()
})

test('of two tokens with one end, the later is remembered, and neither is taken for the other', () => {
  const other = TOKEN.replace('payload', 'another')
  const verified = remembering(TOKEN, other)
  expect(verified.find(other)).toBe(`answer to ${other}`)
  expect(verified.find(TOKEN)).toBeUndefined()
})

test('texts of any kind are found only as they were remembered', () => {
  const text = fc
    .tuple(fc.string({ unit: fc.constantFrom('a', '.'), maxLength: 2 }), fc.constantFrom(TOKEN, TOKEN.slice(-31), 'a'))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), text, (tokens, other) => {
      const verified = remembering(...tokens)
      const last = tokens.at(-1)!
      expect(verified.find(last)).toBe(`answer to ${last}`)
      expect(verified.find(other) ?? `answer to ${other}`).toBe(`answer to ${other}`)
      if (!tokens.includes(other)) expect(verified.find(other)).toBeUndefined()
    }),
  )
})

test('none are remembered where none may be', () => {
  const verified = new VerifiedTokens<string>(0)
  verified.remember(TOKEN, 'answer')
  expect(verified.find(TOKEN)).toBeUndefined()
})
