import { isAsExpected, type Stop } from './stop.js'

/** Colours, where a person looks and has not asked for none (no-color.org). */
const coloured = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === ''
const paint = (code: number, text: string): string => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)

export const bold = (text: string): string => paint(1, text)
export const dim = (text: string): string => paint(2, text)
const green = (text: string): string => paint(32, text)
const red = (text: string): string => paint(31, text)
const yellow = (text: string): string => paint(33, text)

const WIDTHS = [42, 26, 6] as const

export const HEADING = bold(row('request', 'who', 'status', 'why'))

/** One stop as a line: the status in colour, and a word when it is not what it should be. */
export function line(stop: Stop): string {
  const status = String(stop.status).padEnd(WIDTHS[2])
  const why = stop.code ?? 'public: outside the guard'
  const text = row(shorter(stop.request), stop.who, stop.status < 300 ? green(status) : yellow(status), why)
  if (isAsExpected(stop)) return text
  return `${text}  ${red(`expected ${stop.expected.status} ${stop.expected.code ?? ''}`)}`
}

function row(request: string, who: string, status: string, why: string): string {
  return `${request.padEnd(WIDTHS[0])} ${who.padEnd(WIDTHS[1])} ${status.padEnd(WIDTHS[2])} ${why}`
}

/** Identifiers by their beginning. */
const shorter = (text: string): string => text.replace(/([0-9a-f]{8})-[0-9a-f-]{27}/, '$1...')
