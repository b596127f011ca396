import { describe, expect, test } from 'vitest'
import { tell } from '../../src/lib/listener.js'
import { unhandledRejections } from '../support/unhandled-rejections.js'

const boom = new Error('boom')

describe('tell', () => {
  test('gives the listener the very event, frozen', () => {
    const told: object[] = []
    const event = { event: 'loaded' }
    expect(tell((given: object) => told.push(given), event)).toBe(true)
    expect(told[0]).toBe(event)
    expect(Object.isFrozen(event)).toBe(true)
  })

  test('needs no listener', () => expect(tell(undefined, { event: 'loaded' })).toBe(true))

  test('says that a listener threw, and throws nothing', () =>
    expect(
      tell(
        () => {
          throw boom
        },
        { event: 'loaded' },
      ),
    ).toBe(false))

  test.each<[string, () => unknown]>([
    ['rejects at once', () => Promise.reject(boom)],
    ['rejects later', async () => Promise.resolve().then(() => Promise.reject(boom))],
  ])('a listener that %s ends no process', async (_name, listener) => {
    let isFine = false
    const rejections = await unhandledRejections(() => {
      isFine = tell(listener, { event: 'loaded' })
    })
    expect([isFine, rejections]).toEqual([true, []])
  })
})
