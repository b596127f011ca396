import { expect, test } from 'vitest'
import { encodeCommand, RedisReader, type RedisReply } from '../src/redis-wire.js'

const STREAM =
  '+OK\r\n-ERR no\r\n:-7\r\n$3\r\n\u20ac\r\n$-1\r\n*-1\r\n*0\r\n*3\r\n:1\r\n*1\r\n$2\r\n\r\n\r\n-WRONGTYPE x\r\n$0\r\n\r\n'
const VALUES: readonly RedisReply[] = [
  'OK',
  new Error('ERR no'),
  -7,
  '\u20ac',
  null,
  null,
  [],
  [1, ['\r\n'], new Error('WRONGTYPE x')],
  '',
]

test('values come out once they are complete, wherever the stream is cut', () => {
  const bytes = Buffer.from(STREAM)
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new RedisReader()
    const values: RedisReply[] = []
    for (let at = 0; at < bytes.length; at += size) values.push(...reader.push(bytes.subarray(at, at + size)))
    expect(values).toEqual(VALUES)
  }
})

test('a command is read as it was written', () => {
  const command = ['SET', '\u20ac\r\n', '']
  expect(encodeCommand(command)).toBe('*3\r\n$3\r\nSET\r\n$5\r\n\u20ac\r\n\r\n$0\r\n\r\n')
  expect(new RedisReader().push(Buffer.from(encodeCommand(command)))).toEqual([command])
})

test.each(['GET / HTTP/1.1\r\n', '\x16\x03\x01', '*1\r\nx'])('%j is no RESP2', (text) => {
  expect(() => new RedisReader().push(Buffer.from(text))).toThrow('this is no RESP2')
})
