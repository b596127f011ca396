import { describe, expect, test } from 'vitest'
import { JsonFault, parseJson, refuseUnsafe } from '../../src/input/safe-json.js'

const BOUNDS = { maxDepth: 32, maxMembers: 1_000 }

/** The code of the fault that `parse` ends in; any other error is thrown on. */
function faultOf(parse: () => unknown): string | undefined {
  try {
    parse()
    return undefined
  } catch (error) {
    if (error instanceof JsonFault) return error.code
    throw error
  }
}

const parse = (text: string | Uint8Array, bounds = BOUNDS) =>
  parseJson(typeof text === 'string' ? Buffer.from(text) : text, bounds)

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const wide = (members: number): string => `[${Array.from({ length: members }, () => '0').join()}]`
const WHITESPACE = ' \t\r\n'.repeat(16 * 1024)

describe('names that change a prototype', () => {
  test.each([
    ['__proto__', '{"__proto__":{"admin":true}}'],
    ['__proto__ with a scalar', '{"__proto__":null}'],
    ['__proto__, its first letter escaped', '{"\\u005f_proto__":{"admin":true}}'],
    ['__proto__, all escaped', '{"\\u005f\\u005f\\u0070\\u0072\\u006F\\u0074\\u006f\\u005F\\u005f":1}'],
    ['__proto__ in an array in an object', '{"a":[{"__proto__":{}}]}'],
    ['constructor', '{"constructor":{"prototype":{"admin":true}}}'],
    ['constructor, escaped', '{"\\u0063onstructor":1}'],
  ])('%s is refused', (_label, text) => {
    expect(faultOf(() => parse(text))).toBe('unsafe_member')
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  test.each([['"__proto__"'], ['{"a":"__proto__"}'], ['{"__proto":1,"Constructor":2,"prototype":3,"__PROTO__":4}']])(
    '%s is a value or another name',
    (text) => expect(parse(text)).toEqual(JSON.parse(text)),
  )
})

describe('a member that occurs twice', () => {
  test.each([
    ['plain', '{"a":1,"a":2}'],
    ['with equal values', '{"a":1,"a":1}'],
    ['not side by side', '{"a":1,"b":2,"a":3}'],
    ['first plain, then escaped', '{"role":"user","r\\u006fle":"admin"}'],
    ['first escaped, then plain', '{"r\\u006fle":"user","role":"admin"}'],
    ['escaped in two ways', '{"\\/":1,"\\u002F":2}'],
    ['the empty name', '{"":1,"":2}'],
    ['names that hold a quote', '{"a\\"":1,"a\\"":2}'],
    ['names that end in a backslash', '{"a\\\\":1,"a\\\\":2}'],
    ['names that hold a colon and braces', '{"{a:}":1,"{a:}":2}'],
    ['names of an object prototype', '{"toString":1,"toString":2}'],
    ['kilobytes of space ahead of the colons', `{"a"${WHITESPACE}:1,"a"${WHITESPACE}:2}`],
    ['kilobytes of space ahead of the names', `{${WHITESPACE}"a":1,${WHITESPACE}"a":2}`],
    ['in a nested object', '{"a":{"b":1,"b":2}}'],
    ['in an object in an array', '[1,{"b":1,"b":2}]'],
    ['around a nested object', '{"a":1,"x":{"a":1},"a":2}'],
    ['around an array of strings', '{"a":["a","a"],"a":1}'],
    ['after a string that looks like a member', '{"a":"\\"a\\":1","a":2}'],
    ['around braces in a string', '{"a":"}{","a":2}'],
    ['around brackets in a string', '{"a":"][[","a":2}'],
    ['beyond the Basic Multilingual Plane', '{"\u{1f600}":1,"\\ud83d\\ude00":2}'],
  ])('%s', (_label, text) => {
    expect(faultOf(() => parse(text))).toBe('duplicate_member')
  })

  test.each([
    ['sibling objects', '[{"a":1},{"a":2}]'],
    ['an object and the one inside it', '{"a":{"a":{"a":1}}}'],
    ['one object after another closed', '{"x":{"a":1},"y":{"a":2},"a":3}'],
    ['names that differ in case', '{"a":1,"A":2}'],
    ['names that differ in normal form', '{"\u00e9":1,"e\u0301":2}'],
    ['equal strings in an array', '["a","a"]'],
    ['a name equal to a value', '{"a":"b","b":"a"}'],
    ['an escaped quote ahead of a colon in a value', '{"a":"a\\":","b":"a\\":"}'],
  ])('%s may share a name', (_label, text) => expect(parse(text)).toEqual(JSON.parse(text)))
})

describe('text that is not Unicode', () => {
  test.each([
    ['a lone high surrogate', '"\\ud83d"'],
    ['a lone low surrogate', '"\\ude00"'],
    ['surrogates in the wrong order', '"\\ude00\\ud83d"'],
    ['a lone surrogate between letters', '{"a":["x\\udfffy"]}'],
    ['a lone surrogate in a name', '{"\\ud800":1}'],
  ])('%s is refused', (_label, text) => expect(faultOf(() => parse(text))).toBe('lone_surrogate'))

  test('a pair of escaped surrogates is one character', () => {
    expect(parse('"\\ud83d\\ude00"')).toBe('\u{1f600}')
  })

  test.each([
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an overlong quote', [0x22, 0xc0, 0xa2, 0x22]],
    ['an overlong NUL', [0x22, 0xe0, 0x80, 0x80, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a code point beyond the last', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['a continuation byte alone', [0x22, 0x80, 0x22]],
    ['a character cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['a character cut off by the end', [0x22, 0xe2, 0x82]],
    ['Latin-1', [0x22, 0xe9, 0x22]],
    ['UTF-16 with a byte order mark', [0xff, 0xfe, 0x31, 0x00]],
  ])('%s is not UTF-8', (_label, bytes) => {
    expect(faultOf(() => parse(Uint8Array.from(bytes)))).toBe('malformed_utf8')
    // the decoder keeps nothing of the body before
    expect(parse('"\u20ac"')).toBe('\u20ac')
  })

  test.each([
    ['a UTF-8 byte order mark', Buffer.from('\ufeff{}')],
    ['UTF-16LE', Buffer.from('{"a":1}', 'utf16le')],
    ['UTF-16BE', Buffer.from('{"a":1}', 'utf16le').swap16()],
    ['UTF-32LE', Buffer.from([0x31, 0, 0, 0])],
  ])('%s is not JSON', (_label, bytes) => expect(faultOf(() => parse(bytes))).toBe('malformed_json'))
})

describe('numbers', () => {
  test.each([['1e999'], ['-1e999'], ['[1,{"a":1e400}]'], [`1${'0'.repeat(400)}`]])('%s is out of range', (text) => {
    expect(faultOf(() => parse(text))).toBe('number_out_of_range')
  })

  test.each([['1.7976931348623157e308'], ['-0'], ['5e-324'], ['1e-999'], ['9007199254740993'], ['0.1']])(
    '%s is what JSON.parse makes of it',
    (text) => expect(parse(text)).toBe(JSON.parse(text)),
  )
})

describe('depth', () => {
  // the value itself is level 0
  test.each([
    ['32 levels around a value', `${'['.repeat(32)}1${']'.repeat(32)}`, undefined],
    ['33 levels around a value', `${'['.repeat(33)}1${']'.repeat(33)}`, 'too_deep'],
    ['33 levels around nothing', nested(33), undefined],
    ['34 levels around nothing', nested(34), 'too_deep'],
    ['33 objects around a value', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, 'too_deep'],
    ['objects and arrays by turns', `${'[{"a":'.repeat(17)}1${'}]'.repeat(17)}`, 'too_deep'],
    ['60 000 arrays', nested(60_000), 'too_deep'],
    ['60 000 objects', `${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`, 'too_deep'],
    ['60 000 arrays left open', '['.repeat(60_000), 'malformed_json'],
    ['60 000 objects left open', '{"a":'.repeat(60_000), 'malformed_json'],
  ])('%s: %s', (_label, text, code) => expect(faultOf(() => parse(text))).toBe(code))

  test('the bound is the one given', () => {
    expect(faultOf(() => parse('[1]', { maxDepth: 1, maxMembers: 9 }))).toBeUndefined()
    expect(faultOf(() => parse('[[1]]', { maxDepth: 1, maxMembers: 9 }))).toBe('too_deep')
  })
})

describe('width', () => {
  test.each([
    ['as many elements as the bound', wide(1_000), undefined],
    ['one element more', wide(1_001), 'too_many_members'],
    ['members and elements count together', `{"a":${wide(999)}}`, undefined],
    ['and over all levels', `{"a":${wide(1_000)}}`, 'too_many_members'],
    ['and over all branches', `[${wide(499)},${wide(500)}]`, 'too_many_members'],
    ['a wide object', `{${Array.from({ length: 1_001 }, (_, i) => `"k${i}":0`).join()}}`, 'too_many_members'],
    ['a very wide array', wide(1_000_000), 'too_many_members'],
  ])('%s', (_label, text, code) => expect(faultOf(() => parse(text))).toBe(code))
})

describe('text that is not JSON', () => {
  test.each([
    ['nothing', ''],
    ['space', ' \n'],
    ['an object cut off', '{"a":'],
    ['a string cut off', '"a'],
    ['a second value', '{} {}'],
    ['a brace too many', '{}}'],
    ['a comma at the end', '[1,]'],
    ['a comma at the end of an object', '{"a":1,}'],
    ['a comment', '{"a":1}//'],
    ['single quotes', "{'a':1}"],
    ['a name without quotes', '{a:1}'],
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    ['undefined', 'undefined'],
    ['hexadecimal', '0x10'],
    ['a leading zero', '01'],
    ['a leading plus', '+1'],
    ['a point without a digit', '1.'],
    ['a raw line break in a string', '"a\nb"'],
    ['a raw NUL in a string', '"a\0b"'],
    ['an unknown escape', '"\\x41"'],
    ['a no-break space', '\u00a01'],
    ['a line separator between tokens', '\u20281'],
    ['a NUL at the end', '1\0'],
  ])('%s', (_label, text) => expect(faultOf(() => parse(text))).toBe('malformed_json'))
})

describe('a value that another parser made', () => {
  const own = (member: object) => JSON.parse(JSON.stringify(member)) as unknown
  const cyclic = (branches = 1): unknown => {
    const array: unknown[] = []
    for (let i = 0; i < branches; i++) array.push(array)
    return array
  }

  test.each([
    ['__proto__ as its own member', JSON.parse('{"__proto__":{}}'), 'unsafe_member'],
    ['constructor', own({ constructor: 1 }), 'unsafe_member'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, 'number_out_of_range'],
    ['NaN', [Number.NaN], 'number_out_of_range'],
    ['a lone surrogate', { a: '\ud800' }, 'lone_surrogate'],
    ['a lone surrogate in a name', { '\udc00': 1 }, 'lone_surrogate'],
    ['too deep', JSON.parse(nested(60_000)), 'too_deep'],
    ['too wide', Array.from({ length: 1_001 }), 'too_many_members'],
    ['constructor on an array', Object.assign([1], own({ constructor: 1 })), 'unsafe_member'],
    [
      'too many names on an array',
      Object.assign([], own(Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`k${i}`, 0])))),
      'too_many_members',
    ],
    ['Infinity under a name of an array', Object.assign([1], { a: Number.POSITIVE_INFINITY }), 'number_out_of_range'],
    ['a cycle', cyclic(), 'too_deep'],
    ['a cycle that branches', cyclic(2), 'too_deep'],
    ['plain', { a: [1, 'b', null, true] }, undefined],
  ])('%s', (_label, value, code) => expect(faultOf(() => refuseUnsafe(value, BOUNDS))).toBe(code))

  test('is given back as it is', () => {
    const value = { a: [1] }
    expect(refuseUnsafe(value, BOUNDS)).toBe(value)
  })
})

test('no message repeats what the body holds', () => {
  const texts = [
    '{"SECRET":1,"SECRET":2}',
    '"SECRET',
    '"SECRET\\ud800"',
    '{"SECRET":1e999}',
    '{"SECRET":{"__proto__":1}}',
  ]
  for (const text of texts) {
    expect(() => parse(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('SECRET') }))
  }
})
