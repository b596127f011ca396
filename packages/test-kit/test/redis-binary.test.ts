import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installRedis, redisBinary } from '../src/redis-binary.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-binary-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const program = (name: string, script = ''): string => {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

describe('redisBinary', () => {
  test('the first of PATH', () => {
    const path = program('redis-server')
    expect(redisBinary({ PATH: ['', join(folder, 'none'), folder].join(delimiter) })).toBe(path)
  })

  test('the one that WARDLINE_REDIS_SERVER names comes first', () => {
    program('redis-server')
    const path = program('valkey-server')
    expect(redisBinary({ PATH: folder, WARDLINE_REDIS_SERVER: path })).toBe(path)
    // where the server is started is another directory
    expect(redisBinary({ PATH: folder, WARDLINE_REDIS_SERVER: relative('.', path) })).toBe(path)
  })

  test('none: says in one line what to install', () => {
    writeFileSync(join(folder, 'redis-server'), 'not executable')
    const message =
      /^redis-server is not installed: apt-get install redis-server, or name one by WARDLINE_REDIS_SERVER$/
    expect(() => redisBinary({ PATH: folder })).toThrow(message)
    expect(() => redisBinary({})).toThrow(message)
  })

  test('a named one that is not there is not replaced by another', () => {
    program('redis-server')
    const named = join(folder, 'other')
    const message = `WARDLINE_REDIS_SERVER names no program that can be run: ${named}`
    expect(() => redisBinary({ PATH: folder, WARDLINE_REDIS_SERVER: named })).toThrow(message)
  })
})

describe('installRedis', () => {
  const SELF = '/bin/cp "$0"'

  /** A machine whose apt-get notes what it is asked for, and installs as told. */
  const machine = (install: string, flock = '') => {
    const calls = join(folder, 'calls')
    program('sh', 'exec /bin/sh "$@"')
    program('flock', `${flock}\nshift; exec "$@"`)
    program('apt-get', `echo "$DEBIAN_FRONTEND $*" >> '${calls}'\n[ "$2" = update ] || { ${install}; }`)
    return {
      env: { PATH: folder },
      calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    }
  }

  test('where it is missing and may be installed', async () => {
    const { env, calls } = machine(`${SELF} '${join(folder, 'redis-server')}'`)
    await installRedis(env, true)
    expect(redisBinary(env)).toBe(join(folder, 'redis-server'))
    expect(calls()).toEqual([
      'noninteractive -qq update',
      'noninteractive -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=120 redis-server',
    ])
    await installRedis(env, true)
    expect(calls()).toHaveLength(2)
  })

  test.each<[why: string, env: Readonly<Record<string, string>>, mayInstall: boolean]>([
    ['may not', {}, false],
    ['need not, since another server is named', { WARDLINE_REDIS_SERVER: 'valkey-server' }, true],
  ])('asks apt-get nothing where it %s', async (_why, more, mayInstall) => {
    const { env, calls } = machine('exit 1')
    await installRedis({ ...env, ...more }, mayInstall)
    expect(calls()).toEqual([])
  })

  test('asks apt-get nothing where another process has installed it meanwhile', async () => {
    const { env, calls } = machine('exit 1', `${SELF} '${join(folder, 'redis-server')}'`)
    await installRedis(env, true)
    expect(calls()).toEqual([])
  })

  test('fails with the words of apt-get', async () => {
    const { env } = machine('echo "E: Unable to locate package" >&2; exit 100')
    const message = 'redis-server could not be installed by apt-get: E: Unable to locate package'
    await expect(installRedis(env, true)).rejects.toThrow(new Error(message))
  })
})
