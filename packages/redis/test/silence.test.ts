import { describe, expect, test } from 'vitest'
import { single } from './clients.js'
import { deafWay } from './deaf-way.js'
import { count, counting, ending, linked, serve } from './parts.js'

/** A client notices within two seconds, and each connection that is silent from its start costs it as much again. */
const NOTICED_MS = 12_000

describe.each(Object.keys(single))('by %s', (kind) => {
  test.each([
    ['a connection that falls silent for good', 0],
    ['the next one too, in its handshake,', 1],
  ])('%s is given up', async (_what, next) => {
    const server = await serve()
    const way = ending(await deafWay(server.port), ({ close }) => close())
    const { link, events } = linked(single[kind]!({ port: way.port }))
    await count(link)
    way.deafen(next)
    const outcomes = await counting(link, ({ error }) => error === undefined, NOTICED_MS)
    expect(outcomes[0]!.error).toMatchObject({ reason: 'timeout' })
    expect(outcomes.at(-1)!.error).toBeUndefined()
    for (const { afterMs } of outcomes) expect(afterMs).toBeLessThan(2_000)
    expect(events.map(({ event }) => event)).toEqual(['redis_unavailable', 'redis_recovered'])
    expect(way.open).toBe(1)
  })
})
