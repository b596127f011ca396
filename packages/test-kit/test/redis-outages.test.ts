import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type RedisServer, type RedisServerOptions, redisServer } from '../src/index.js'

const running: RedisServer[] = []
const start = async (options?: RedisServerOptions): Promise<RedisServer> => {
  const server = await redisServer(options)
  running.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const directoryOf = async (server: RedisServer): Promise<string> => (await server.cli('CONFIG', 'GET', 'dir')).slice(4)

test('kill, and restart on the same port without data', async () => {
  const server = await start()
  const { pid, port } = server
  await server.cli('SET', 'key', 'value')
  await server.kill()
  expect([server.isRunning, server.pid, isAlive(pid)]).toEqual([false, 0, false])
  await expect(server.cli('PING')).rejects.toThrow('ECONNREFUSED')
  await server.restart()
  expect([server.isRunning, server.port]).toEqual([true, port])
  expect(server.pid).not.toBe(pid)
  expect(await server.cli('GET', 'key')).toBe('')
})

test.each(['kill', 'restart'] as const)('appendOnly: what was written outlives a %s', async (end) => {
  const server = await start({ appendOnly: true })
  await server.cli('SET', 'key', 'value')
  await server[end]()
  await server.restart()
  expect(await server.cli('GET', 'key')).toBe('value')
})

test('pause: connections are accepted, nothing is answered, until resume', async () => {
  const server = await start()
  server.pause()
  expect(server.isRunning).toBe(false)
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString()
  })
  socket.write('PING\r\n')
  await expect(server.cli('PING')).rejects.toThrow('no reply within 5 seconds')
  expect(answer).toBe('')
  server.resume()
  await vi.waitFor(() => expect(answer).toBe('+PONG\r\n'))
  expect(server.isRunning).toBe(true)
  socket.destroy()
})

test.each<[how: string, disturb: (server: RedisServer) => unknown]>([
  ['runs', () => {}],
  ['is paused', (server) => server.pause()],
  ['is dead', (server) => server.kill()],
  ['is caught in a script', (server) => void server.cli('EVAL', 'while true do end', '0').catch(() => {})],
])('stop: neither process nor directory stays of one that %s', async (_how, disturb) => {
  const server = await start()
  const { pid } = server
  const directory = await directoryOf(server)
  expect(existsSync(directory)).toBe(true)
  await disturb(server)
  await server.stop()
  await server.stop()
  expect([server.isRunning, isAlive(pid), existsSync(directory)]).toEqual([false, false, false])
})

test('restart brings back one that was stopped, anew', async () => {
  const server = await start({ appendOnly: true, password: 'secret' })
  await server.cli('SET', 'key', 'value')
  await server.stop()
  await server.restart()
  expect(await server.cli('GET', 'key')).toBe('')
  expect(existsSync(await directoryOf(server))).toBe(true)
})

/** Why there is no connection to the port. */
const whyNot = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy())
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
    socket.on('close', () => resolve(undefined))
  })

describe('a process that has started a server', () => {
  const BUILT = new URL('../dist/index.js', import.meta.url).href
  const SCRIPT = `
    import { writeSync } from 'node:fs'
    import { redisServer } from ${JSON.stringify(BUILT)}
    const server = await redisServer()
    const directory = (await server.cli('CONFIG', 'GET', 'dir')).slice(4)
    const tell = () => writeSync(1, JSON.stringify({ port: server.port, directory }))
  `
  const run = async (rest: string) => {
    const args = ['--input-type=module', '--eval', SCRIPT + rest]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk.toString()
    })
    return { end: await once(child, 'close'), ...JSON.parse(said) }
  }

  test.each<[how: string, rest: string, expected: readonly (number | string | null)[]]>([
    ['has nothing left to do', 'tell()', [0, null]],
    ['exits', 'tell(); process.exit(3)', [3, null]],
    ['throws', "tell(); throw new Error('crash')", [1, null]],
    ['is killed', "tell(); process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)", [null, 'SIGKILL']],
    [
      'is killed while the server is paused',
      "server.pause(); tell(); process.kill(process.pid, 'SIGKILL')",
      [null, 'SIGKILL'],
    ],
    ['has restarted it', 'await server.restart(); tell()', [0, null]],
    ['has stopped it', 'tell(); await server.stop()', [0, null]],
  ])('leaves nothing behind when it %s', async (_how, rest, expected) => {
    const { end, port, directory } = await run(rest)
    expect(end).toEqual(expected)
    await vi.waitFor(() => expect(existsSync(directory)).toBe(false), { timeout: 5_000 })
    await vi.waitFor(async () => expect(await whyNot(port)).toBe('ECONNREFUSED'), { timeout: 5_000 })
  })
})
