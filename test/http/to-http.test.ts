import { describe, expect, test } from 'vitest'
import { toHttp } from '../../src/http/index.js'
import { type Denial, exhaust, forbid, internal, invalid, unavailable } from '../../src/index.js'
import { stranger } from '../support/guards.js'

const field = (denial: Denial, name: string) =>
  toHttp(denial)
    .headers.filter(([header]) => header === name)
    .map(([, value]) => value)

const DENIALS: readonly (readonly [number, Denial])[] = [
  [401, stranger()],
  [403, forbid('no')],
  [404, { ...forbid('no'), status: 404 }],
  [400, invalid('bad', '')],
  [405, invalid('bad', '', { status: 405 })],
  [408, invalid('bad', '', { status: 408 })],
  [413, invalid('bad', '', { status: 413 })],
  [415, invalid('bad', '', { status: 415 })],
  [422, invalid('bad', '', { status: 422 })],
  [429, exhaust('full', 1)],
  [500, internal(undefined)],
  [503, unavailable('away', 1)],
]

test.each(DENIALS)('%i is problem details that nobody may cache', (status, denial) => {
  const cacheable: Denial = {
    ...denial,
    headers: [
      ['Cache-Control', 'public'],
      ['Content-Type', 'text/html'],
    ],
  }
  expect(toHttp(cacheable).status).toBe(status)
  expect(field(cacheable, 'cache-control')).toEqual(['no-store'])
  expect(field(cacheable, 'content-type')).toEqual(['application/problem+json'])
  expect(JSON.parse(toHttp(cacheable).body)).toMatchObject({ status })
})

describe('retry-after', () => {
  test.each([
    [60, '60'],
    [1, '1'],
    [0.001, '1'],
    [1.0001, '2'],
    [59.999, '60'],
    [0, '1'],
    [-5, '1'],
  ])('%d seconds is %s', (seconds, expected) => {
    expect(field(exhaust('full', seconds), 'retry-after')).toEqual([expected])
    expect(field(unavailable('away', seconds), 'retry-after')).toEqual([expected])
  })

  test.each<[string, Denial]>([
    ['a 503 that does not know when', { allowed: false, kind: 'unavailable', code: 'away' }],
    ['a 401', stranger()],
    ['a 403', forbid('no')],
    ['a 500', internal(undefined)],
  ])('%s has none', (_name, denial) => expect(field(denial, 'retry-after')).toEqual([]))
})

test('fields of guards that allowed are sent with the denial, and a challenge joins theirs', () => {
  const denial: Denial = {
    ...stranger(),
    headers: [
      ['ratelimit', '"a";r=1;t=1'],
      ['WWW-Authenticate', 'Basic realm="a"'],
    ],
  }
  expect(toHttp(denial).headers).toEqual([
    ['ratelimit', '"a";r=1;t=1'],
    ['www-authenticate', 'Basic realm="a", Bearer realm="orders"'],
    ['content-type', 'application/problem+json'],
    ['cache-control', 'no-store'],
  ])
})
