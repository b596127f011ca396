import { type ChildProcess, spawn } from 'node:child_process'

const BUILT = new URL('../../dist/index.js', import.meta.url).href
const TIMEOUT_MS = 15_000

export interface Child {
  readonly process: ChildProcess
  /** What it has written to standard error so far. */
  readonly stderr: () => string
  readonly exited: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

/**
 * A process of its own that runs `script`, with `jsonLines`, `eventAt(path)` and `report(value)`, which writes the value
 * as JSON to standard error at once. Ended when it takes too long.
 *
 * @param reads - `later`: nothing is read from its standard output until somebody does.
 */
export function runChild(script: string, reads: 'all' | 'later' = 'all'): Child {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PRELUDE + script], { env: {}, stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  if (reads === 'all') {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  const exited = new Promise<number | null>((resolve) => child.on(reads === 'all' ? 'close' : 'exit', resolve))
  return {
    process: child,
    stderr: () => stderr,
    exited: exited.then((code) => {
      clearTimeout(timer)
      return { code, stdout, stderr }
    }),
  }
}

/** The lines of JSON in `text`. */
export const jsonLinesIn = (text: string): readonly Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

const PRELUDE = `
import { writeSync } from 'node:fs'
import { jsonLines } from ${JSON.stringify(BUILT)}

const report = (value) => writeSync(2, JSON.stringify(value) + '\\n')
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const eventAt = (path) => ({
  time: '2023-11-14T22:13:20.000Z', decision: 'deny', event: 'authz_fail', code: 'role_missing', kind: 'forbidden',
  guard: 'requireRole(admin)', method: 'GET', path, status: 403, client: '203.0.113.7',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736', durationMs: 3,
})
`
