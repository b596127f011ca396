import fc from 'fast-check'
import { expect } from 'vitest'
import type { App } from '../app.js'
import { getting, posting } from '../row.js'
import type { Scenario } from './scenario.js'

/** Each run is a request over a socket. */
const RUNS = { numRuns: 80 }

/** Pieces that paths are bent with, and any other text a request line can hold. */
const target = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '%2e',
        '%2F',
        '%5c',
        '\\',
        ';',
        '%00',
        '%25',
        '%',
        '?',
        '#',
        '&',
        '=',
        'open',
        'orders',
        'n1',
        'me',
      ),
      fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 6 }),
      fc.constantFrom('%e2%80%ae', '%ff', '%f0%9f%98%80'),
    ),
    { maxLength: 10 },
  )
  .map((parts) => `/${parts.join('').replaceAll(/[{}]/g, '')}`)

const fieldValue = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 60 })
  .map((value) => value.replaceAll(/[{}\u007f]/g, ''))

const front = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'front', run })

/** No request is anybody's mistake but the caller's, and each that reached a guard left one event of its status. */
async function soundly(app: App, request: Parameters<App['send']>[0]): Promise<number> {
  const before = app.world.events.length
  const { status } = await app.send(request)
  expect(status).toBeGreaterThanOrEqual(200)
  expect(status).toBeLessThan(500)
  const events = (await app.events(before + 1, 0)).slice(before)
  expect(events.map((event) => event.status)).toEqual([status])
  return status
}

export const HOSTILE: readonly Scenario[] = [
  front('no target gets past the guard of /me', (app) =>
    fc.assert(
      fc.asyncProperty(target, async (path) => {
        await soundly(app, getting(path))
        expect(app.world.events.at(-1)).not.toMatchObject({ route: '/me', decision: 'allow' })
      }),
      RUNS,
    ),
  ),

  front('no Authorization field that an issuer did not make', (app) =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom('Bearer ', 'bearer', 'Basic ', ''), fieldValue, async (scheme, value) => {
        expect([400, 401]).toContain(
          await soundly(app, getting('/me', { headers: [['authorization', scheme + value]] })),
        )
      }),
      RUNS,
    ),
  ),

  front('no body that is not what the schema says', (app) =>
    fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), async (body) => {
        expect([400, 422]).toContain(await soundly(app, posting('/orders-open', body)))
        expect(Object.prototype).not.toHaveProperty('admin')
      }),
      RUNS,
    ),
  ),

  front('no media type but the one', (app) =>
    fc.assert(
      fc.asyncProperty(fieldValue, async (type) => {
        expect(await soundly(app, posting('/input', '{}', { headers: [['content-type', type]] }))).toBe(415)
      }),
      RUNS,
    ),
  ),
]
