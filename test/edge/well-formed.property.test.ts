import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wellFormed } from '../../src/index.js'
import { contextFor } from '../support/context.js'

const allows = (path: string) => (wellFormed().check(contextFor({ path }), {}) as { allowed: boolean }).allowed

/** Pieces that attackers build paths from. */
const piece = fc.constantFrom(
  ...['/', '.', '..', '\\', ';', ':', '@', '~', ' ', '\0', '\n', '%', '%%', '%2', '%25', '%252', '%25252'],
  ...['%2f', '%2F', '%5c', '%2e', '%2E', '%3b', '%00', '%0a', '%20', '%41', '%61', '%c0%af', '%c3%a9', '%ef%bc%8f'],
  ...['e', 'f', 'F', '2', '5', 'c', '32', '66', 'orders', 'admin', 'u002f', '\u00e9', '\uff0f', '?', '#', '*'],
)
const somePath = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => `/${text}`) },
  { weight: 1, arbitrary: fc.webPath() },
)

/** As readers that are forgiving decode: octet by octet, and what is no encoding stays. */
const decoded = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

describe('a path that is let through', () => {
  const letThrough = (check: (path: string) => void) =>
    fc.assert(
      fc.property(somePath, (path) => {
        if (allows(path)) check(path)
      }),
      { numRuns: 20_000 },
    )

  test('has the same segments undecoded, decoded and decoded again', () =>
    letThrough((path) => {
      const segments = path.split('/').length
      for (const reading of [decoded(path), decoded(decoded(path))]) {
        expect(reading.split('/')).toHaveLength(segments)
        expect(reading).not.toMatch(/[\\;\0-\x1f\x7f]/)
        expect(reading).not.toMatch(/(^|\/)\.{1,2}(\/|$)|\/\//)
      }
    }))

  test('is left alone by the URL parser of browsers and of Node', () =>
    letThrough((path) => expect(new URL(`http://localhost${path}`).pathname).toBe(path)))

  test('has one spelling of every letter and digit', () =>
    letThrough((path) =>
      expect(decoded(path).match(/[A-Za-z0-9]/g)).toEqual(path.replace(/%../g, '').match(/[A-Za-z0-9]/g)),
    ))

  test('is UTF-8 once decoded', () => letThrough((path) => expect(() => decodeURIComponent(path)).not.toThrow()))

  test('comes up often enough for all this to mean something', () => {
    const passed = fc.sample(somePath, 2000).filter(allows)
    expect(passed.length).toBeGreaterThan(100)
    expect(passed.some((path) => path.includes('%'))).toBe(true)
  })
})

test('every name that encodeURIComponent writes passes, unless it hides a separator or a control character', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const harmless = !/[\0-\x1f\x7f/\\;]|%[0-9a-f]{2}/i.test(name) && name !== '.' && name !== '..'
      expect(allows(`/names/${encodeURIComponent(name)}`)).toBe(harmless)
    }),
  ))

test('a path is judged by the grammar, the segments and the encodings, whatever it looks like', () => {
  const grammar = /^\/(?:[A-Za-z0-9._~!$&'()*+,=:@/-]|%[0-9A-Fa-f]{2})*$/
  const telling = /%(?:[01][0-9a-f]|2[ef]|3[0-9b]|4[1-9a-f]|5[0-9ac]|6[1-9a-f]|7[0-9af])|%25[0-9a-f]{2}/i
  const isSound = (path: string): boolean => {
    const [first, ...segments] = path.split('/')
    const last = segments.pop()
    const isAmbiguous = segments.some((segment) => ['', '.', '..'].includes(segment)) || ['.', '..'].includes(last!)
    return first === '' && !isAmbiguous && grammar.test(path) && !telling.test(path) && isUtf8(path)
  }
  const plainPath = fc
    .array(fc.constantFrom('/', '/', '.', 'a', 'Z', '0', '-', '_', '~', '@', ';', '%20', '%2f', '\n'), {
      maxLength: 12,
    })
    .map((pieces) => `/${pieces.join('')}`)
  const anyAscii = fc.string({ unit: 'binary-ascii' }).map((text) => `/${text}`)
  fc.assert(
    fc.property(fc.oneof(plainPath, somePath, anyAscii), (path) => {
      expect(allows(path)).toBe(isSound(path))
    }),
    { numRuns: 20_000 },
  )
})

function isUtf8(path: string): boolean {
  try {
    return decodeURIComponent(path) !== undefined
  } catch {
    return false
  }
}

/** Every character that makes a path of the pattern which is let through. */
function charactersOf(pattern: string): ReadonlySet<string> {
  const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))
  return new Set(characters.filter((character) => allows(pattern.replace('?', () => character))))
}

describe('of all characters, those may stand for the question mark that are in the grammar', () => {
  const NAME = [..."!$&'()*+,-0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"]
  test.each([
    ['/a?b', [...NAME, '.', '/']],
    ['/?b', [...NAME, '.']],
    ['/?', NAME],
    ['/?/b', NAME],
    ['/a/b?', [...NAME, '.', '/']],
    ['/%20?', [...NAME, '.', '/']],
    ['?a', ['/']],
  ])('%s', (pattern, expected) => expect(charactersOf(pattern)).toEqual(new Set(expected)))
})

// threats.md, Input: ReDoS. Growth is compared, not time: 16 times the length is 16 times the work, not 256 times.
describe('takes time in proportion to the path', () => {
  /** The fastest of many readings: what the work takes when nothing disturbs it. */
  const timeFor = (path: string, calls: number): number => {
    const readings = Array.from({ length: 9 }, () => {
      const start = performance.now()
      for (let i = 0; i < calls; i++) allows(path)
      return (performance.now() - start) / calls
    })
    return Math.min(...readings)
  }

  test.each<readonly [string, (length: number) => string]>([
    ['letters, then one that is refused', (length) => `/${'a'.repeat(length)}"`],
    ['encoded octets, cut short', (length) => `/${'%20'.repeat(length / 3)}%2`],
    ['percent signs', (length) => `/${'%'.repeat(length)}`],
    ['encoded percent signs', (length) => `/${'%25'.repeat(length / 3)}`],
    ['slashes with names between', (length) => '/a'.repeat(length / 2)],
    ['dots', (length) => `/${'.'.repeat(length)}`],
    ['names that nearly are dot segments', (length) => '/...'.repeat(length / 4)],
    ['UTF-8, broken at the end', (length) => `/${'%c3%a9'.repeat(length / 6)}%c3`],
  ])('%s', (_name, pathOf) => {
    const short = timeFor(pathOf(1024), 160)
    expect(timeFor(pathOf(16_384), 10)).toBeLessThan(80 * Math.max(short, 0.0005))
  })
})
