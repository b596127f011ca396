import { isAsExpected, type Stop } from './stop.js'
import { bold, dim, HEADING, line } from './table.js'

export const say = (text = ''): void => void process.stdout.write(`${text}\n`)

/**
 * Prints each stop as it is reached, and the audit lines of the first stops with the codes in `shown`; the number of answers
 * that were not as expected.
 */
export async function show(
  tour: AsyncIterable<Stop>,
  auditLine: (traceId: string) => Promise<string>,
  shown: readonly string[],
): Promise<number> {
  const startedAt = performance.now()
  const stops: Stop[] = []
  say(HEADING)
  for await (const stop of tour) {
    stops.push(stop)
    say(line(stop))
  }
  say()
  say(bold('Three of them in the audit log'))
  for (const code of shown) {
    const stop = stops.find((candidate) => candidate.code === code)
    if (stop !== undefined) say(dim(await auditLine(stop.traceId)))
  }
  say()
  const failed = stops.filter((stop) => !isAsExpected(stop)).length
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  say(`${stops.length - failed} of ${stops.length} answers as expected, in ${seconds} s.`)
  return failed
}
