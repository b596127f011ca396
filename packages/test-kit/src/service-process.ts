import { type ChildProcess, spawn } from 'node:child_process'

/** A service that runs as a process of its own. */
export interface ServiceProcess {
  /** Where it listens, such as `http://127.0.0.1:49152`. */
  readonly origin: string
  readonly port: number
  /** Everything it has written to standard output so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** Sends the signal and resolves to the exit code when the process has ended; null when a signal ended it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

const START_TIMEOUT_MS = 15_000
const LISTENING = /listening on (https?:\/\/\S+:(\d+))/

/**
 * Starts `node script ...args` with nothing in its environment but `env`, and waits until it says where it listens.
 *
 * @throws Error with what it wrote when it ends, or says nothing within 15 seconds.
 */
export async function startService(
  script: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  // 'exit' may come ahead of the last that it wrote
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [, origin, port] = await new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${script} ${why}: ${stderr || stdout}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail('did not say where it listens')
    }, START_TIMEOUT_MS)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      const found = LISTENING.exec(stderr)
      if (found === null) return
      clearTimeout(timer)
      resolve(found)
    })
    void exited.then(() => {
      clearTimeout(timer)
      fail('ended')
    })
  })
  return {
    origin: origin!,
    port: Number(port),
    stdout: () => stdout,
    stderr: () => stderr,
    stop: (signal = 'SIGTERM') => stop(child, exited, signal),
  }
}

function stop(child: ChildProcess, exited: Promise<number | null>, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal)
  return exited
}
