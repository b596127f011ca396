import type { AuditEvent } from '../service.js'

/** Longest line, in characters. */
const MAX_LINE = 8192
/** What is left of each text in a line that would be longer: short enough for all of them, escaped, to fit. */
const MAX_CUT_FIELD = 64

/** One event as one line of JSON: whatever a request holds, nothing in it ends the line or moves the cursor. */
export function auditLine(event: AuditEvent): string {
  const line = escaped(JSON.stringify(event))
  return `${line.length < MAX_LINE ? line : escaped(JSON.stringify({ ...event, notices: undefined, cause: 'cut' }, cut))}\n`
}

const cut = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.slice(0, MAX_CUT_FIELD) : value

/** What JSON leaves raw and a terminal obeys: DEL and C1 controls, bidirectional and line separators, zero-width marks. */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

const escaped = (json: string): string =>
  json.search(UNSAFE) === -1 // asked first: a replacement that finds nothing takes twice as long
    ? json
    : json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
