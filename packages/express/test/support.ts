import type { RequestListener } from 'node:http'
import { listen } from '@wardline/conformance'
import { createGuard, type GuardFactory } from '@wardline/express'
import express from 'express'
import express4 from 'express4'
import { onTestFinished } from 'vitest'
import type { AuditEvent, ServiceSettings } from 'wardline'

/** Both versions, for `describe.each`. */
export const VERSIONS = [
  ['Express 5', express],
  ['Express 4', express4],
] as const

/** The guards of a service that keeps its audit events. */
export function recorded(settings: ServiceSettings = {}): GuardFactory & { readonly events: readonly AuditEvent[] } {
  const events: AuditEvent[] = []
  return { ...createGuard({ audit: { record: (event) => void events.push(event) }, ...settings }), events }
}

/** The port on which `app` listens while the test runs. */
export async function portOf(app: RequestListener, host?: string): Promise<number> {
  const { port, close } = await listen(app, { host })
  onTestFinished(close)
  return port
}
