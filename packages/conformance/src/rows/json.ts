import { posting, type Row } from '../row.js'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** Texts that two JSON readers could read differently, or that a careless one would not survive. */
const REFUSED: readonly (readonly [what: string, body: string | Uint8Array, code: string])[] = [
  ['nothing', '', 'malformed_json'],
  ['a cut text', '{"a":', 'malformed_json'],
  ['a trailing comma', '[1,]', 'malformed_json'],
  ['a comment', '{}//', 'malformed_json'],
  ['single quotes', "{'a':1}", 'malformed_json'],
  ['NaN', '[NaN]', 'malformed_json'],
  ['two values', '{}{}', 'malformed_json'],
  ['a raw control character', '["a\u0001"]', 'malformed_json'],
  ['a byte order mark', '\ufeff{}', 'malformed_json'],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'malformed_json'],
  ['latin1', Buffer.from('["\u00e9"]', 'latin1'), 'malformed_utf8'],
  ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'malformed_utf8'],
  ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'malformed_utf8'],
  ['a member twice', '{"role":"user","role":"admin"}', 'duplicate_member'],
  ['a member twice, once escaped', '{"role":"user","r\\u006fle":"admin"}', 'duplicate_member'],
  ['a member twice, further down', '{"a":[{"b":1,"b":2}]}', 'duplicate_member'],
  ['__proto__', '{"__proto__":{"admin":true}}', 'unsafe_member'],
  ['__proto__ escaped', '{"\\u005f_proto__":{"admin":true}}', 'unsafe_member'],
  ['__proto__ further down', '[{"a":{"__proto__":1}}]', 'unsafe_member'],
  ['constructor', '{"constructor":{"prototype":{"admin":true}}}', 'unsafe_member'],
  ['a number beyond a double', '[1e309]', 'number_out_of_range'],
  ['a negative number beyond a double', '[-1e400]', 'number_out_of_range'],
  ['a lone surrogate', '["\\ud800"]', 'lone_surrogate'],
  ['a lone surrogate for a name', '{"\\udfff":1}', 'lone_surrogate'],
  ['5 levels', nested(6), 'too_deep'],
  ['500 levels', nested(500), 'too_deep'],
  ['21 elements', `[${'1,'.repeat(20)}1]`, 'too_many_members'],
  [
    '21 members in all',
    JSON.stringify([{ a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, { b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }]),
    'too_many_members',
  ],
]

const ACCEPTED: readonly (readonly [text: string, value: unknown])[] = [
  ['null', null],
  ['0', 0],
  ['""', ''],
  ['[]', []],
  [' {"a" : 1e2}\r\n', { a: 100 }],
  ['["\\ud83d\\ude00","\u20ac","\\u0000"]', ['\u{1f600}', '\u20ac', '\0']],
  ['{"prototype":1,"toString":2,"a":{"b":1},"c":{"b":1}}', { prototype: 1, toString: 2, a: { b: 1 }, c: { b: 1 } }],
  [nested(5), [[[[[]]]]]],
]

const DETAILS = {
  malformed_json: 'The body is not JSON.',
  malformed_utf8: 'The body is not UTF-8.',
  duplicate_member: 'A member occurs twice.',
  unsafe_member: 'A member has a name that is not accepted.',
  number_out_of_range: 'A number is out of range.',
  lone_surrogate: 'A string is not well-formed Unicode.',
  too_deep: 'The body is nested deeper than 4 levels.',
  too_many_members: 'The body has more than 20 members.',
} as const

export const JSON_ROWS: readonly Row[] = [
  ...REFUSED.map(
    ([what, body, code]): Row => ({
      name: `${what} is refused`,
      request: posting('/input', body),
      status: 400,
      denied: code,
      issues: [{ pointer: '/body', detail: DETAILS[code as keyof typeof DETAILS] }],
    }),
  ),
  ...ACCEPTED.map(
    ([text, value]): Row => ({
      name: `${text} is read`,
      request: posting('/input', text),
      status: 200,
      body: { input: { body: value }, body: value },
    }),
  ),
]
