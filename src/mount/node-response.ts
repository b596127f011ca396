import type { ServerResponse } from 'node:http'
import type { HeaderList } from '../decision.js'
import { isListField, joinField } from '../http/index.js'

/** Sets response fields; list fields are added to what is there, so that two mounts are both heard. */
export function applyHeaders(response: ServerResponse, headers: HeaderList | undefined): void {
  if (headers === undefined || response.headersSent) return
  for (const [name, value] of headers) {
    if (value === undefined) response.removeHeader(name)
    else response.setHeader(name, isListField(name) ? joined(response, name, value) : value)
  }
}

function joined(response: ServerResponse, name: string, value: string): string {
  const before = response.getHeader(name)
  return before === undefined ? value : joinField(String(before), value)
}
