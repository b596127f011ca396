import type { RequestListener } from 'node:http'
import { listen } from '@wardline/conformance'
import { createGuard, type GuardFactory } from '@wardline/koa'
import Koa from 'koa'
import Koa2 from 'koa2'
import { onTestFinished } from 'vitest'
import type { AuditEvent, ServiceSettings } from 'wardline'

/** Both versions, for `describe.each`. */
export const VERSIONS = [
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
] as const

/** The guards of a service that keeps its audit events. */
export function recorded(settings: ServiceSettings = {}): GuardFactory & { readonly events: readonly AuditEvent[] } {
  const events: AuditEvent[] = []
  return { ...createGuard({ audit: { record: (event) => void events.push(event) }, ...settings }), events }
}

/** A Koa, whatever its router adds to the context. */
interface App {
  silent: boolean
  readonly callback: () => RequestListener
}

/** The port on which `app` listens while the test runs. */
export async function portOf(app: App, host?: string): Promise<number> {
  app.silent = true
  const { port, close } = await listen(app.callback(), { host })
  onTestFinished(close)
  return port
}
