import { createTestCa, LOOPBACK } from '@wardline/test-kit'
import { expect } from 'vitest'
import type { Connection } from '../connection.js'
import { getting } from '../row.js'
import type { Scenario } from './scenario.js'

const secured = (name: string, run: Scenario['run']): Scenario => ({ name, service: 'secured', run })

const whoami = async (connection: Connection): Promise<number> => {
  await connection.write('GET /svid HTTP/1.1\r\nhost: service.test\r\n\r\n')
  return (await connection.answer()).status
}

const shown = (connection: Connection): string | undefined => connection.certificate()?.toString()

export const TLS_SCENARIOS: readonly Scenario[] = [
  secured('the certificate of the service is renewed: new connections see it, open ones go on', async (app) => {
    const { certificates, tlsFiles, told } = app.world
    const open = app.connect('svid')
    expect(await whoami(open)).toBe(200)
    const next = await certificates.authority.issue(LOOPBACK)
    await tlsFiles.replace(next)
    const later = app.connect('svid')
    expect(await whoami(later)).toBe(200)
    expect(await whoami(open)).toBe(200)
    expect([shown(open), shown(later)]).toEqual([certificates.server.certPem, next.certPem])
    expect(told.events.at(-1)).toEqual({ event: 'tls_files_loaded' })
    open.destroy()
    later.destroy()
    expect((await app.events(3)).map(({ code }) => code)).toEqual(['allowed', 'allowed', 'allowed'])
  }),

  secured('a certificate that is soon over is told of once in an hour', async (app) => {
    for (const laterMs of [0, 3_599_999, 1]) {
      app.world.advance(laterMs)
      expect((await app.send(getting('/ending', { certificate: 'svid' }))).status).toBe(200)
    }
    const told = (await app.events(3)).map(({ notices = [] }) => notices.map(({ code }) => code))
    expect(told).toEqual([['certificate_expiring'], [], ['certificate_expiring']])
  }),

  secured('an authority is removed: its callers are refused, on open connections too', async (app) => {
    const { tlsFiles } = app.world
    const open = app.connect('svid')
    expect(await whoami(open)).toBe(200)
    await tlsFiles.trust((await createTestCa()).certPem)
    expect(await whoami(open)).toBe(401)
    open.destroy()
    expect((await app.send(getting('/svid', { certificate: 'svid' }))).status).toBe(401)
    expect((await app.events(3)).map(({ code }) => code)).toEqual([
      'allowed',
      'certificate_untrusted',
      'certificate_missing',
    ])
  }),
]
