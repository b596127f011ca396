import { describe, expect, test } from 'vitest'
import { mediaTypeInUtf8 } from '../../src/lib/media-type.js'

/** How JSON is spelled in every way, see test/input/media-type.test.ts. */
describe.each(['application/x-www-form-urlencoded', 'application/vnd.api+json'])('%s', (type) => {
  const is = mediaTypeInUtf8(type)

  test.each([[type], [type.toUpperCase()], [`${type} `], [`${type};charset=utf-8`], [`${type} ;\tcharset="UTF-8" \t`]])(
    '%j is',
    (field) => expect(is(field)).toBe(true),
  )

  test.each([
    [''],
    [` ${type}`],
    [`${type};`],
    [`${type}x`],
    [`x${type}`],
    [`${type}, ${type}`],
    [`${type}; charset=utf-16`],
    [`${type}; charset=utf-8; charset=utf-8`],
    [`${type}; boundary=x`],
    [`${type}\n`],
    [type.replace('.', 'x').replace('-', '.')],
    [type.replace('+', '').replace('/', '')],
    ['application/json'],
  ])('%j is not', (field) => expect(is(field)).toBe(false))
})
