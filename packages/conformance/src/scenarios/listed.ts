import { expect, vi } from 'vitest'
import type { App } from '../app.js'
import { getting } from '../row.js'
import type { Scenario } from './scenario.js'

const listed = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'listed', run })

const ofFile = { from: '127.0.0.77' }
const ofCode = { from: '127.0.0.66' }

/** Asked again and again, as requests would find it. */
const becomes = (app: App, status: number) =>
  vi.waitFor(async () => expect((await app.send(getting('/open', ofFile))).status).toBe(status), { timeout: 5_000 })

export const LISTED_SCENARIOS: readonly Scenario[] = [
  listed('a file of addresses that is replaced holds from then on, beside what is given in code', async (app) => {
    await becomes(app, 200)
    app.world.addressFile.replace('127.0.0.77 # since today\n')
    await becomes(app, 403)
    expect((await app.send(getting('/open', ofCode))).status).toBe(403)
    app.world.addressFile.replace('192.0.2.0/24\n')
    await becomes(app, 200)
    expect((await app.send(getting('/open', ofCode))).status).toBe(403)
  }),

  listed('one that is broken changes nothing, and every request says so until it is mended', async (app) => {
    const { addressFile, told, events } = app.world
    addressFile.replace('127.0.0.77\n')
    await becomes(app, 403)
    addressFile.replace('192.0.2.0/24\neverybody\n')
    const noted = [{ event: 'sys_monitor_disabled', code: 'address_file_unreadable', guard: 'denyAddresses' }]
    await vi.waitFor(
      async () => {
        await app.send(getting('/open'))
        expect(events.at(-1)).toMatchObject({ decision: 'allow', notices: noted })
      },
      { timeout: 5_000 },
    )
    expect((await app.send(getting('/open', ofFile))).status).toBe(403)
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ code: 'address_refused', notices: noted }))
    addressFile.replace('192.0.2.0/24\n')
    await becomes(app, 200)
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ code: 'allowed', notices: undefined }))
    expect(told.events).toMatchObject([
      { event: 'address_file_loaded', ranges: 1 },
      { event: 'address_file_loaded', ranges: 1 },
      { event: 'address_file_unreadable', cause: { message: 'line 2 is no address or CIDR range' } },
      { event: 'address_file_loaded', ranges: 1 },
      { event: 'address_file_recovered' },
    ])
  }),
]
