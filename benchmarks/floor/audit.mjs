import { appendFile } from 'node:fs'

const MAX_CHARACTERS = 8 * 1024 * 1024
/** What JSON leaves raw and a terminal obeys. */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** One line of JSON per request, written in batches, and no more of them than fit. */
export function auditFloor(path) {
  let lines = ''
  let timer
  const flush = () => {
    const batch = lines
    lines = ''
    timer = undefined
    appendFile(path, batch, () => {})
  }
  return (event) => {
    if (lines.length > MAX_CHARACTERS) return
    const line = JSON.stringify(event)
    lines += `${line.search(UNSAFE) === -1 ? line : line.replace(UNSAFE, '?')}\n`
    if (timer === undefined) timer = setTimeout(flush, 20)
  }
}
