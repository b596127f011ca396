import { describe, expect, test } from 'vitest'
import { JsonFault, parseJson } from '../../src/input/safe-json.js'

const BOUNDS = { maxDepth: 8, maxMembers: 100 }

/** The names that were read, or the code of the refusal. */
function answerOf(text: string): readonly string[] | string {
  try {
    return Object.keys(parseJson(Buffer.from(text), BOUNDS) as object)
  } catch (error) {
    if (error instanceof JsonFault) return error.code
    throw error
  }
}

/** V8 13.6 reads the second of such names as the one that stood there in objects before: it only compares lengths. */
function prime(text: string): void {
  for (let i = 0; i < 10; i++) JSON.parse(text)
}

describe('names with escapes, behind objects with other names of that length', () => {
  test.each([
    ['{"\\"":1,"\\\\":2}', '{"\\"":null,"\\"":null}'],
    ['{"\\n":1,"\\t":2}', '{"\\n":null,"\\n":null}'],
    ['{"\\u0061":1,"\\u0062":2}', '{"\\u0061":0,"a":0}'],
  ])('after %s, the double member of %s is refused', (before, text) => {
    prime(before)
    expect(['duplicate_member', 'misread_member']).toContain(answerOf(text))
  })

  test.each([
    ['{"\\"":1,"\\\\":2}', '{"\\"":null,"\\n":null}', ['"', '\n']],
    ['{"\\"":1}', '{"\\\\":1}', ['\\']],
    ['{"a\\n":1,"b\\n":2}', '{"a\\n":1,"c\\n":2}', ['a\n', 'c\n']],
    ['{"a":1,"\\u00e9":2}', '{"a":1,"\\u00fc":2}', ['a', '\u00fc']],
  ])('after %s, %s has its own names, or is refused', (before, text, names) => {
    prime(before)
    const answer = answerOf(text)
    if (typeof answer === 'string') expect(answer).toBe('misread_member')
    else expect(answer).toEqual(names)
  })

  test('names that are read well are accepted', () => {
    expect(answerOf('{"gr\\u00f6\\u00dfe":1,"a":{"\\u0061":"\\n"}}')).toEqual(['gr\u00f6\u00dfe', 'a'])
  })
})
