import type { ServerResponse } from 'node:http'
import type { HeaderList } from '../decision.js'
import { isListField, joinField } from '../lib/header-fields.js'

/**
 * Sets response fields; list fields are added to what is there, so that two mounts are both heard. By index, and without
 * taking the pairs apart: ten fields a request make an iterator for each of them a microsecond.
 */
export function applyHeaders(response: ServerResponse, headers: HeaderList | undefined): void {
  if (headers === undefined || response.headersSent) return
  for (let i = 0; i < headers.length; i++) {
    const name = headers[i]![0]
    const value = headers[i]![1]
    if (value === undefined) response.removeHeader(name)
    else response.setHeader(name, isListField(name) ? joined(response, name, value) : value)
  }
}

function joined(response: ServerResponse, name: string, value: string): string {
  const before = response.getHeader(name)
  return before === undefined ? value : joinField(String(before), value)
}
