import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { single } from './clients.js'
import { count, counting, faulty, isUnavailable, linked, outcome, serve } from './parts.js'

/** ../shared: within this time a caller has an answer, and after it at once. */
const OUTAGE_MS = 2_000
const RECOVERY_MS = 5_000
/** `at once`, on a machine that does other things as well. */
const AT_ONCE_MS = 250

describe.each(Object.keys(single))('a link by %s, where Redis', (kind) => {
  const open = single[kind]!

  test.each<[fault: string, begin: (parts: Parts) => unknown, end: (parts: Parts) => unknown]>([
    ['is killed', ({ server }) => server.kill(), ({ server }) => server.restart()],
    ['hangs', ({ server }) => server.pause(), ({ server }) => server.resume()],
    ['is silent on the way', ({ way }) => way.silence(), ({ way }) => way.pass()],
    ['refuses connections', cutAnd('refuse'), ({ way }) => way.pass()],
    ['is slow', ({ way }) => way.delay(700), ({ way }) => way.pass()],
    ['is silent in the handshake', cutAnd('silence'), ({ way }) => way.pass()],
  ])('%s: commands fail in time, then at once, and all is well by itself', async (_fault, begin, end) => {
    const server = await serve()
    const way = await faulty(server.port)
    const { link, events } = linked(open({ port: way.port }))
    await count(link)

    const connections = way.connections
    await begin({ server, way })
    const during = await counting(link, () => false, OUTAGE_MS)
    for (const one of during) expect(one.afterMs).toBeLessThan(OUTAGE_MS)
    // a reply may have been on its way
    for (const one of during.slice(1)) expect(isUnavailable(one)).toBe(true)
    expect(link.isOpen).toBe(true)
    const sent = way.commands('evalsha')
    for (let n = 0; n < 200; n++) expect((await outcome(count(link))).error).toMatchObject({ reason: 'open' })
    expect((await outcome(count(link))).afterMs).toBeLessThan(AT_ONCE_MS)
    expect(way.commands('evalsha')).toBe(sent)

    expect(way.connections - connections).toBeLessThan(20)

    await end({ server, way })
    const after = await counting(link, ({ error }) => error === undefined, RECOVERY_MS)
    expect(after.at(-1)!.error).toBeUndefined()
    expect(events.map(({ event }) => event)).toEqual(['redis_unavailable', 'redis_recovered'])
    expect(link.isOpen).toBe(false)
  })

  test('is absent at start: nobody waits long, and it is used when it is there', async () => {
    const server = await serve()
    await server.kill()
    const { link, events } = linked(open({ port: server.port }))
    const first = await outcome(count(link))
    expect(isUnavailable(first)).toBe(true)
    expect(first.afterMs).toBeLessThan(OUTAGE_MS)
    await pause(OUTAGE_MS - first.afterMs)
    const second = await outcome(count(link))
    expect(second.error).toMatchObject({ reason: 'open' })
    await server.restart()
    await counting(link, ({ error }) => error === undefined, RECOVERY_MS)
    expect(await count(link)).toBeGreaterThan(1)
    expect(events.map(({ event }) => event)).toEqual(['redis_unavailable', 'redis_recovered'])
  })

  test('goes away and comes back while nobody asks: the first who asks does not wait, then or later', async () => {
    const server = await serve()
    const { link } = linked(open({ port: server.port }))
    await count(link)
    await server.kill()
    await pause(OUTAGE_MS)
    expect((await outcome(count(link))).error).toMatchObject({ reason: 'open' })
    await server.restart()
    await pause(3_000)
    expect((await outcome(count(link))).error).toBeUndefined()
  })

  test.each<[what: string, code: string, options: object, set: readonly string[]]>([
    ['is out of memory', 'OOM', {}, ['CONFIG', 'SET', 'maxmemory', '1']],
    ['is a replica, and read-only', 'READONLY', {}, ['REPLICAOF', '127.0.0.1', '1']],
    ['has too few replicas', 'NOREPLICAS', {}, ['CONFIG', 'SET', 'min-replicas-to-write', '1']],
    ['permits nothing', 'NOPERM', {}, ['ACL', 'SETUSER', 'default', '-@scripting']],
  ])('%s: commands fail at once, others go through', async (_what, code, options, set) => {
    const server = await serve(options)
    const { link, events } = linked(open({ port: server.port }))
    await link.command('a', ['GET', 'a'])
    await server.cli(...set)
    for (let n = 0; n < 5; n++) {
      expect((await outcome(count(link))).error).toMatchObject({ reason: 'refused', code })
      expect(await link.command('a', ['GET', 'a'])).toBe(null)
    }
    expect(events).toEqual([{ event: 'redis_refused', cause: expect.objectContaining({ code }) }])
  })

  test.each([
    ['a wrong password', { password: 'right' }, 'wrong'],
    ['no password', { password: 'right' }, undefined],
  ])('is given %s: it is unavailable, and no error names it', async (_what, options, password) => {
    const server = await serve(options)
    const { link, events } = linked(open({ port: server.port, ...(password && { password }) }))
    const outcomes = await counting(link, () => false, OUTAGE_MS)
    for (const { error, afterMs } of outcomes) {
      expect(error).toBeDefined()
      expect(afterMs).toBeLessThan(OUTAGE_MS)
      expect(JSON.stringify([error?.message, error?.cause])).not.toMatch(/wrong|right|127\.0\.0\.1/)
    }
    expect(outcomes.at(-1)!.afterMs).toBeLessThan(AT_ONCE_MS)
    expect(JSON.stringify(events)).toMatch(/WRONGPASS|NOAUTH/)
  })

  test('hangs: no queue grows in the client, and what was late harms nobody', async () => {
    const server = await serve()
    const way = await faulty(server.port)
    const { link } = linked(open({ port: way.port }))
    await count(link)
    server.pause()
    const during = await counting(link, () => false, OUTAGE_MS * 2)
    expect(during.length).toBeGreaterThan(100)
    // one at a time, while a connection is silent
    expect(way.commands('get')).toBeLessThanOrEqual(4)
    expect(link.stats().commands).toBeLessThan(10)
    server.resume()
    await counting(link, ({ error }) => error === undefined, RECOVERY_MS)
    // each command was sent again at most once
    expect(Number(await count(link))).toBeLessThan(20)
  })
})

function cutAnd(then: 'refuse' | 'silence'): (parts: Parts) => void {
  return ({ way }) => {
    way[then]()
    way.cut()
  }
}

interface Parts {
  readonly server: Awaited<ReturnType<typeof serve>>
  readonly way: Awaited<ReturnType<typeof faulty>>
}
