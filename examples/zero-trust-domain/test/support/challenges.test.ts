import { expect, test } from 'vitest'
import { challengesOf } from './challenges.js'

const read = (field: string) => challengesOf({ headers: { 'www-authenticate': field } })

test.each([
  ['', []],
  ['Bearer', [{ scheme: 'Bearer', params: {} }]],
  ['Bearer realm="a, b", error="c\\"d"', [{ scheme: 'Bearer', params: { realm: 'a, b', error: 'c"d' } }]],
  [
    'Bearer realm="a", ApiKey, DPoP algs="ES256 RS256", resource_metadata="x"',
    [
      { scheme: 'Bearer', params: { realm: 'a' } },
      { scheme: 'ApiKey', params: {} },
      { scheme: 'DPoP', params: { algs: 'ES256 RS256', resource_metadata: 'x' } },
    ],
  ],
])('%s', (field, challenges) => expect(read(field)).toEqual(challenges))

test.each([['Bearer realm=a'], ['Bearer realm="a'], ['Bearer a="1", a="2"']])('%s is refused', (field) =>
  expect(() => read(field)).toThrow(),
)
