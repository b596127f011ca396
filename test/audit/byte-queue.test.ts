import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteQueue } from '../../src/audit/byte-queue.js'

const textOf = (queue: ByteQueue) => Buffer.from(queue.take()).toString()
const push = (queue: ByteQueue, text: string) => queue.push(text, Buffer.byteLength(text))

test('gives what was put in, in order, whatever its length and letters', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.string(),
          fc.integer({ min: 0, max: 40_000 }).map((length) => 'x'.repeat(length)),
        ),
      ),
      (texts) => {
        const queue = new ByteQueue()
        for (const text of texts) push(queue, text)
        expect(queue.bytes).toBe(Buffer.byteLength(texts.join('')))
        expect(queue.lines).toBe(texts.length)
        expect(textOf(queue)).toBe(texts.join(''))
      },
    ),
  ))

test('is empty once it was taken, and what was taken stays as it is', () => {
  const queue = new ByteQueue()
  push(queue, 'first\n')
  const taken = queue.take()
  expect([queue.bytes, queue.lines]).toEqual([0, 0])
  push(queue, 'second\n')
  expect(Buffer.from(taken).toString()).toBe('first\n')
  expect(textOf(queue)).toBe('second\n')
})
