import { readFile } from 'node:fs/promises'

const TIMEOUT_MS = 2_000

/** Reads the log until the request's line is there: events are written in batches, a moment after the answer. */
export function auditLineIn(path: string): (traceId: string) => Promise<string> {
  return async (traceId) => {
    const deadline = performance.now() + TIMEOUT_MS
    for (;;) {
      const lines = (await readFile(path, 'utf8')).split('\n')
      const found = lines.find((candidate) => candidate.includes(traceId))
      if (found !== undefined) return found
      if (performance.now() > deadline) throw new Error(`no audit line for trace ${traceId}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
