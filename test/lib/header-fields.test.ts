import { describe, expect, test } from 'vitest'
import type { HeaderList } from '../../src/index.js'
import { isListField, joinField, mergeFields } from '../../src/lib/header-fields.js'

describe('mergeFields', () => {
  test.each<[string, HeaderList, HeaderList]>([
    ['nothing', [], []],
    ['names in lower case', [['X-Frame-Options', 'DENY']], [['x-frame-options', 'DENY']]],
    [
      'of a field, the last',
      [
        ['a', '1'],
        ['b', '2'],
        ['A', '3'],
      ],
      [
        ['a', '3'],
        ['b', '2'],
      ],
    ],
    ['a removed field', [['x-powered-by', undefined]], [['x-powered-by', undefined]]],
    [
      'removed after it was set',
      [
        ['a', '1'],
        ['a', undefined],
      ],
      [['a', undefined]],
    ],
    [
      'set after it was removed',
      [
        ['a', undefined],
        ['a', '1'],
      ],
      [['a', '1']],
    ],
    [
      'ratelimit fields are lists',
      [
        ['RateLimit', '"a";r=1;t=1'],
        ['RateLimit-Policy', '"a";q=1;w=1'],
        ['ratelimit', '"b";r=2;t=2'],
      ],
      [
        ['ratelimit', '"a";r=1;t=1, "b";r=2;t=2'],
        ['ratelimit-policy', '"a";q=1;w=1'],
      ],
    ],
    [
      'vary is a list',
      [
        ['vary', 'origin'],
        ['Vary', 'accept'],
      ],
      [['vary', 'origin, accept']],
    ],
    [
      'www-authenticate is a list',
      [
        ['www-authenticate', 'A'],
        ['www-authenticate', 'B'],
      ],
      [['www-authenticate', 'A, B']],
    ],
    [
      'a list starts anew when removed',
      [
        ['vary', 'a'],
        ['vary', undefined],
        ['vary', 'b'],
      ],
      [['vary', 'b']],
    ],
  ])('%s', (_name, list, expected) => expect(mergeFields(list)).toEqual(expected))
})

test.each([
  ['vary', true],
  ['RateLimit', true],
  ['ratelimit-policy', true],
  ['WWW-Authenticate', true],
  ['cache-control', false],
  ['content-type', false],
])('isListField(%s) is %s', (name, expected) => expect(isListField(name)).toBe(expected))

test('two values of a list field are one list', () => expect(joinField('accept', 'origin')).toBe('accept, origin'))
