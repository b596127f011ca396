import { expect, test } from 'vitest'
import { commandCount, redisServer } from '../src/index.js'

test('commandCount: by name, by subcommand, with what scripts call, and in all', async () => {
  const server = await redisServer()
  await server.cli('CONFIG', 'RESETSTAT')
  await server.cli('EVAL', "redis.call('SET', KEYS[1], 1) return redis.call('INCR', KEYS[1])", '1', 'key')
  await server.cli('INCR', 'key')
  await server.cli('CLIENT', 'ID')
  await server.cli('CLIENT', 'GETNAME')
  expect(await commandCount(server, 'eval')).toBe(1)
  expect(await commandCount(server, 'incr')).toBe(2)
  expect(await commandCount(server, 'incrby')).toBe(0)
  expect(await commandCount(server, 'client')).toBe(2)
  expect(await commandCount(server, 'client|id')).toBe(1)
  // EVAL, SET, two INCR, two CLIENT, and the RESETSTAT that is counted once it is done
  expect(await commandCount(server)).toBe(7)
  await server.stop()
})
