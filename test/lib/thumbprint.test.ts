import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isThumbprint } from '../../src/lib/thumbprint.js'

const sha256 = createHash('sha256').update('wardline').digest()
const text = sha256.toString('base64url')

describe('isThumbprint', () => {
  test.each<readonly [string, unknown, boolean]>([
    ['a digest', text, true],
    ['the example of RFC 8705 section 3.1', 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2', true],
    ['the example of RFC 9449 section 6.1', '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I', true],
    ['one character less', text.slice(1), false],
    ['one character more', `${text}A`, false],
    ['padding', `${text}=`, false],
    ['a line break behind it', `${text}\n`, false],
    ['base64 with a plus', `+${'A'.repeat(42)}`, false],
    ['hex', sha256.toString('hex'), false],
    ['a SHA-512', createHash('sha512').update('wardline').digest('base64url'), false],
    ['a list of a digest', [text], false],
    ['undefined', undefined, false],
  ])('%s: %s', (_name, value, expected) => expect(isThumbprint(value)).toBe(expected))
})
