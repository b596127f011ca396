import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'

type Environment = Readonly<Record<string, string | undefined>>

/** The variable that names another server than the `redis-server` of PATH, such as Valkey's. */
const VARIABLE = 'WARDLINE_REDIS_SERVER'

/**
 * The server to start.
 *
 * @throws Error in one line, which says what to install.
 */
export function redisBinary(env: Environment = process.env): string {
  const named = env[VARIABLE]
  if (named) {
    if (isExecutable(named)) return resolve(named)
    throw new Error(`${VARIABLE} names no program that can be run: ${named}`)
  }
  const found = (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => resolve(folder, 'redis-server'))
    .find(isExecutable)
  if (found !== undefined) return found
  throw new Error(`redis-server is not installed: apt-get install redis-server, or name one by ${VARIABLE}`)
}

/**
 * Installs redis-server where it is missing and may be installed: as root on Debian. Elsewhere it does nothing, and the
 * tests that need it say so. Processes that call it at the same time wait for each other.
 *
 * @throws Error with what apt-get had to say.
 */
export async function installRedis(env: Environment = process.env, mayInstall = isRootOnDebian()): Promise<void> {
  if (!mayInstall || isFound(env)) return
  try {
    await run('flock', [join(tmpdir(), 'wardline-redis-install.lock'), 'sh', '-c', INSTALL], {
      // RUNLEVEL: whoever installs it for its tests wants no service on port 6379
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      timeout: INSTALL_TIMEOUT_MS,
    })
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { readonly stdout?: string; readonly stderr?: string }
    const why = [stdout, stderr].filter(Boolean).join('').trim() || message
    throw new Error(`redis-server could not be installed by apt-get: ${why}`)
  }
}

const run = promisify(execFile)

const INSTALL_TIMEOUT_MS = 300_000

/** A machine that was just made has no lists of packages, or old ones; where they cannot be had, the old may do. */
const INSTALL = `
command -v redis-server > /dev/null && exit
apt-get -qq update
apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=120 redis-server
`

const isRootOnDebian = (): boolean => process.getuid?.() === 0 && existsSync('/etc/debian_version')

function isFound(env: Environment): boolean {
  // Whoever names a server of its own gets that one or an error.
  if (env[VARIABLE]) return true
  try {
    return redisBinary(env) !== undefined
  } catch {
    return false
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
