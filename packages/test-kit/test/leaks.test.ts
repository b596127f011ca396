import { expect, test } from 'vitest'
import { leaks } from '../src/index.js'

const SECRET = 'a-secret-of-sixteen'
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWFsaWNl'
const percent = (text: string) => [...text].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('')

test.each([
  ['as it is', `{"path":"/${SECRET}"}`],
  ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['percent-encoded', percent(SECRET)],
  ['percent-encoded twice', percent(SECRET).replaceAll('%', '%25')],
])('a secret %s leaks', (_how, log) => expect(leaks(log, [SECRET])).toEqual([SECRET]))

test('each part of a token is a secret', () => {
  for (const part of TOKEN.split('.')) expect(leaks(`{"x":"${part}"}`, [TOKEN])).toEqual([part])
})

test('anything else is none', () => expect(leaks('{"path":"/a-secret"}', [SECRET, TOKEN])).toEqual([]))
