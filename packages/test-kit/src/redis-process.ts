import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { redisBinary } from './redis-binary.js'

/** A directory of its own, and the process that runs in it, one after the other. */
export interface RedisProcess {
  readonly pid: number
  /** Whether it runs and is not paused. */
  readonly isRunning: boolean
  /** Starts it, with what the directory holds. */
  readonly start: () => void
  readonly pause: () => void
  readonly resume: () => void
  readonly kill: () => Promise<void>
  /** SIGTERM; SIGKILL where that is not enough. */
  readonly terminate: () => Promise<void>
  /** Removes the directory of one that has ended. */
  readonly forget: () => Promise<void>
  /** The end of what it wrote. */
  readonly log: () => string
}

/** How long a server may take over its end; Redis 7 waits for replicas that hang. */
const PATIENCE_MS = 2_000
const LOG = 'redis.log'

/** @param files what the directory holds at first, by name; `redis.conf` is its configuration. */
export function redisProcess(files: Readonly<Record<string, string>>, args: readonly string[]): RedisProcess {
  const binary = redisBinary()
  const directory = mkdtempSync(join(tmpdir(), 'wardline-redis-'))
  let guardian: Guardian | undefined
  let child: ChildProcess | undefined
  let exited = Promise.resolve()
  let isPaused = false

  const signal = (name: NodeJS.Signals) => void child?.kill(name)
  const kill = (): Promise<void> => {
    child?.ref()
    signal('SIGKILL')
    return exited
  }
  return {
    get pid() {
      return child?.pid ?? 0
    },
    get isRunning() {
      return child !== undefined && !isPaused
    },
    start: () => {
      if (!existsSync(join(directory, LOG))) write(directory, files)
      const log = openSync(join(directory, LOG), 'a')
      const started = spawn(binary, ['redis.conf', ...args], { cwd: directory, stdio: ['ignore', log, log] })
      closeSync(log)
      started.unref()
      guardian ??= guard(directory)
      guardian.watch(started.pid)
      child = started
      isPaused = false
      exited = ended(started).then(() => {
        child = undefined
        guardian?.watch(undefined)
      })
    },
    pause: () => {
      isPaused = true
      signal('SIGSTOP')
    },
    resume: () => {
      isPaused = false
      signal('SIGCONT')
    },
    kill,
    terminate: async () => {
      child?.ref()
      signal('SIGTERM')
      signal('SIGCONT')
      const timer = setTimeout(kill, PATIENCE_MS)
      await exited
      clearTimeout(timer)
    },
    forget: async () => {
      await guardian?.end()
      guardian = undefined
    },
    log: () => readFileSync(join(directory, LOG), 'utf8').slice(-2_000),
  }
}

/** A program that cannot be started says so by 'error' alone. */
const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => void child.once('exit', () => resolve()).once('error', () => resolve()))

function write(directory: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 })
}

interface Guardian {
  readonly watch: (pid: number | undefined) => void
  readonly end: () => Promise<void>
}

/** Reads process ids; at the end of its input, which is the end of this process as well, it kills the last of them. */
const GUARDIAN = `
pid=
while read -r next; do pid=$next; done
[ -z "$pid" ] || kill -9 "$pid"
rm -rf "$1"
`

/**
 * Sees to it that neither process nor directory outlives this process, whatever ends that: a hook on 'exit' would not run
 * where it is killed.
 */
function guard(directory: string): Guardian {
  const shell = spawn('sh', ['-c', GUARDIAN, 'sh', directory], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const gone = ended(shell)
  shell.unref()
  return {
    watch: (pid) => void shell.stdin.write(`${pid ?? ''}\n`),
    end: () => {
      shell.ref()
      shell.stdin.end()
      return gone
    },
  }
}
