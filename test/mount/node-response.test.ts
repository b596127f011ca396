import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { HeaderList } from '../../src/index.js'
import { applyHeaders } from '../../src/mount/index.js'

const responseWith = (fields: Readonly<Record<string, string | number | string[]>>): ServerResponse => {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value)
  return response
}

test.each<[string, Record<string, string | number | string[]>, HeaderList | undefined, object]>([
  ['no list', { a: '1' }, undefined, { a: '1' }],
  ['an empty list', { a: '1' }, [], { a: '1' }],
  ['a new field', {}, [['X-Frame-Options', 'DENY']], { 'x-frame-options': 'DENY' }],
  [
    'a field that is there',
    { 'cache-control': 'public' },
    [['Cache-Control', 'no-store']],
    { 'cache-control': 'no-store' },
  ],
  ['a list field that is there', { Vary: 'accept' }, [['vary', 'origin']], { vary: 'accept, origin' }],
  [
    'a list field set as an array',
    { vary: ['accept', 'cookie'] },
    [['vary', 'origin']],
    { vary: 'accept,cookie, origin' },
  ],
  [
    'a list field twice',
    {},
    [
      ['ratelimit', '"a";r=1;t=1'],
      ['RateLimit', '"b";r=2;t=2'],
    ],
    { ratelimit: '"a";r=1;t=1, "b";r=2;t=2' },
  ],
  ['a removal', { 'x-powered-by': 'Express', a: '1' }, [['X-Powered-By', undefined]], { a: '1' }],
  ['a removal of a list field', { vary: 'accept' }, [['vary', undefined]], {}],
  ['a removal of what is not there', {}, [['x-powered-by', undefined]], {}],
])('%s', (_name, before, headers, after) => {
  const response = responseWith(before)
  applyHeaders(response, headers)
  expect({ ...response.getHeaders() }).toEqual(after)
})

test('an answer that has begun is left as it is', () => {
  const response = responseWith({ a: '1' })
  response.flushHeaders()
  applyHeaders(response, [['a', '2']])
  expect(response.getHeader('a')).toBe('1')
})
