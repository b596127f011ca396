import type { ServerResponse } from 'node:http'
import type { HeaderList } from '../decision.js'
import { joinField } from '../http/index.js'

/** Sets response fields; list fields are added to what is there, so that two mounts are both heard. */
export function applyHeaders(response: ServerResponse, headers: HeaderList | undefined): void {
  if (response.headersSent) return
  for (const [name, value] of headers ?? []) {
    const before = response.getHeader(name)
    const next = joinField(name.toLowerCase(), before === undefined ? undefined : String(before), value)
    if (next === undefined) response.removeHeader(name)
    else response.setHeader(name, next)
  }
}
