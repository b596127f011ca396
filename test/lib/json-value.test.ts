import { describe, expect, test } from 'vitest'
import { isObject, isText } from '../../src/lib/json-value.js'

describe('isObject', () => {
  test.each<readonly [string, unknown, boolean]>([
    ['an object', {}, true],
    ['an object without prototype', Object.create(null), true],
    ['a list', [], false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['a text', '{}', false],
    ['a function', () => ({}), false],
  ])('%s: %s', (_name, value, expected) => expect(isObject(value)).toBe(expected))
})

describe('isText', () => {
  test.each<readonly [string, unknown, boolean]>([
    ['a text', 'a', true],
    ['a space', ' ', true],
    ['an empty text', '', false],
    ['a String object', new String('a'), false],
    ['a list of a text', ['a'], false],
    ['a number', 1, false],
    ['null', null, false],
    ['undefined', undefined, false],
  ])('%s: %s', (_name, value, expected) => expect(isText(value)).toBe(expected))
})
