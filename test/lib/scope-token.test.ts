import { describe, expect, test } from 'vitest'
import { isScopeToken } from '../../src/lib/scope-token.js'

const REFUSED = [' ', '"', '\\', '\t', '\r', '\n', '\0', '\x7f', '\u00e9']

describe('isScopeToken', () => {
  test('is any printable character of ASCII but space, quote and backslash', () => {
    const ascii = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
    const allowed = ascii.filter((character) => isScopeToken(`a${character}a`))
    expect(allowed.join('')).toMatch(/^[!-~]{92}$/)
    expect(allowed).not.toContain('"')
    expect(allowed).not.toContain('\\')
  })

  test.each(REFUSED)('refuses %j, wherever it stands', (character) => {
    for (const text of [character, `${character}read`, `re${character}ad`, `read${character}`]) {
      expect(isScopeToken(text)).toBe(false)
    }
  })

  test.each<readonly [string, unknown]>([
    ['an empty text', ''],
    ['undefined', undefined],
    ['a list of one', ['read']],
    ['a number', 1],
  ])('refuses %s', (_name, value) => expect(isScopeToken(value)).toBe(false))
})
