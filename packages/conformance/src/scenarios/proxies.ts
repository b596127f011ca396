import { expect } from 'vitest'
import type { App } from '../app.js'
import { getting } from '../row.js'
import type { Scenario } from './scenario.js'

const SENT = [
  ['x-forwarded-for', '203.0.113.7'],
  ['forwarded', 'for=203.0.113.7'],
  ['x_forwarded_for', '203.0.113.7'],
] as const

/** Codes of what the rule noticed, request by request. */
async function noticed(app: App, requests: number): Promise<readonly (readonly string[])[]> {
  for (let sent = 0; sent < requests; sent++) {
    const headers = sent === 0 ? [] : SENT
    await app.send(getting('/open', { from: '127.0.0.9', headers }))
    await app.events(sent + 1)
  }
  return app.world.events.map(({ notices = [] }) => notices.map(({ code }) => code))
}

export const PROXY_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a service that is told of no proxies says so at the first field, and never again',
    service: 'unproxied',
    run: async (app) => expect(await noticed(app, 5)).toEqual([[], ['forwarding_ignored'], [], [], []]),
  },
  {
    name: 'a stranger that forwards is told at every request, once',
    service: 'fronted',
    run: async (app) => {
      const untrusted = ['forwarding_untrusted']
      expect(await noticed(app, 5)).toEqual([[], untrusted, untrusted, untrusted, untrusted])
    },
  },
]
