import { X509Certificate } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { createTestCa, LOOPBACK, rawRequest, type TestCa, type TestCertificate, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { eventually } from './support/eventually.js'
import { TlsConnection, type TlsOptions } from './support/tls-connection.js'
import { certificateToken } from './support/tokens.js'
import { startWorld, type World } from './support/world.js'
import { SERVICES, type ZeroTrustService } from './support/zero-trust-service.js'

const LEDGER = '/internal/ledger'
/** Within this a replaced file is taken up, by the contract. */
const TAKEN_UP_MS = 5_000

/** What changes one file waits for its turn; what changes different ones waits together. */
const IN_TURN = { concurrent: false } as const

type Certificate = Awaited<ReturnType<World['identity']>>

let world: World
/** Trusted at the start, until it is removed. */
let leaving: TestCa
let good: Certificate
let left: Certificate
beforeAll(async () => {
  ;[world, leaving] = await Promise.all([startWorld(), createTestCa({ name: 'Leaving CA' })])
  ;[good, left] = await Promise.all([world.identity(), world.identity({}, leaving)])
})
afterAll(() => world.close())

const fingerprintOf = ({ certPem }: Pick<TestCertificate, 'certPem'>) => new X509Certificate(certPem).fingerprint256

describe.each(SERVICES)('%s', { concurrent: true }, (name, script) => {
  let service: ZeroTrustService
  /** This service's own files: what happens to them is nobody else's. */
  const file = (what: string) => `${name}-${what}`
  const replace = (what: string, text: string) => {
    world.write(file(`${what}.new`), text)
    renameSync(world.path(file(`${what}.new`)), world.path(file(what)))
  }

  beforeAll(async () => {
    replace('cert.pem', world.server.chainPem)
    replace('key.pem', world.server.keyPem)
    replace('ca.pem', world.ca.certPem + leaving.certPem)
    replace('keys.json', '[]')
    service = await world.start(script, {
      TLS_CERT: world.path(file('cert.pem')),
      TLS_KEY: world.path(file('key.pem')),
      TLS_CLIENT_CA: world.path(file('ca.pem')),
      API_KEYS: world.path(file('keys.json')),
    })
    service.expectComplaint(/tls_files_|key_file_/)
    await service.healthy()
  })
  afterAll(() => service.close())

  const open = (options: Partial<TlsOptions> = {}) => TlsConnection.open(service, { ca: world.ca.certPem, ...options })
  const withToken = async (identity: Certificate) => {
    const token = await certificateToken(world.machines, identity.thumbprint)
    service.keepSecret(token)
    return [['authorization', `Bearer ${token}`]] as const
  }

  /** How often it has said that it cannot use its files. */
  const faultsTold = () => service.process.stderr().split('tls_files_refused').length

  /** The certificate that new callers see. */
  const shown = async () => {
    const connection = await open()
    const { fingerprint } = connection
    connection.close()
    return fingerprint
  }

  test('client certificates are asked for and not required', async () => {
    for (const options of [{}, { identity: good }]) {
      const connection = await open(options)
      expect(await connection.get('/healthz')).toBe(200)
      connection.close()
    }
  })

  test('plain HTTP is no way in, and does no harm', async () => {
    const plain = await rawRequest(service.port, { target: '/healthz' }).catch((error: Error) => error)
    expect(plain instanceof Error || plain.status >= 400).toBe(true)
    await new Promise<void>((resolve) => {
      const socket = connect(service.port, '127.0.0.1', () => socket.write(Buffer.alloc(2_000, 0x16)))
      socket.on('close', () => resolve()).on('error', () => {})
    })
    expect((await service.send({ target: '/healthz' })).status).toBe(200)
  })

  test('a revocation at the issuer of an opaque token acts within 60 s', { timeout: 80_000 }, async () => {
    const token = await world.opaqueToken()
    const ask = () => service.verdict({ target: '/partner', token })
    expect(await ask()).toEqual([200, 'allowed'])
    await world.revoke(token)
    await vi.waitFor(async () => expect(await ask()).toEqual([401, 'token_inactive']), {
      timeout: 60_000,
      interval: 1_000,
    })
  })

  test('starts while every issuer is down, and is well once one is there, within 40 s', {
    timeout: 90_000,
  }, async () => {
    const away = await startWorld({ pausable: true })
    const idps = [away.people, away.machines, away.partners]
    const [token, other] = [
      await tokenFor(away.people, { scope: 'reports:read' }),
      await tokenFor(away.machines, { scope: 'reports:read' }),
    ]
    const key = await away.issueKey('--client', 'x', '--scope', 'reports:read')
    await Promise.all(idps.map((idp) => idp.pause()))
    const service = await away.start(script)
    service.expectComplaint(/keys_(unavailable|recovered|rotated)/)
    try {
      const health = await service.send({ target: '/healthz' })
      expect(health.status).toBe(503)
      expect(health.headers['retry-after']).toMatch(/^[1-9]\d*$/)
      expect(health.json).toMatchObject({ status: expect.any(String), keys: expect.anything() })
      for (const sent of [token, other]) {
        const refused = await service.send({ target: '/reports', token: sent })
        expect(refused.status).toBe(503)
        expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/)
        expect(refused.body).not.toContain('127.0.0.1')
        expect(await service.audit(refused)).toMatchObject({ code: 'keys_unavailable', kind: 'unavailable' })
      }
      const opaque = await service.send({ target: '/partner', token: crypto.randomUUID() })
      expect([opaque.status, (await service.audit(opaque)).code]).toEqual([503, 'introspection_unavailable'])
      expect((await service.send({ target: '/reports' })).status).toBe(401) // a stranger is one all the same
      expect((await service.send({ target: '/reports', token: key, scheme: 'ApiKey' })).status).toBe(200)

      await away.machines.resume()
      const health200 = async () => (await service.send({ target: '/healthz' })).status
      await eventually(health200, 200, 40_000)
      expect((await service.send({ target: '/reports', token: other })).status).toBe(200)
      expect((await service.send({ target: '/reports', token })).status).toBe(503)

      await away.people.resume()
      const report = async () => (await service.send({ target: '/reports', token })).status
      await eventually(report, 200, 40_000)
      await service.close()
    } finally {
      await away.close()
    }
  })

  test('an outage of an issuer whose keys are known changes nothing', async () => {
    const away = await startWorld({ pausable: true })
    const service = await away.start(script)
    service.expectComplaint(/keys_(unavailable|recovered|rotated)/)
    try {
      const token = await tokenFor(away.people, { scope: 'reports:read' })
      expect((await service.send({ target: '/reports', token })).status).toBe(200)
      await away.people.pause()
      const another = await tokenFor(away.people, { scope: 'reports:read' })
      expect((await service.send({ target: '/reports', token: another })).status).toBe(200)
      expect((await service.send({ target: '/healthz' })).status).toBe(200)
      await service.close()
    } finally {
      await away.close()
    }
  })

  test('a key that an issuer rotates in is found, and tokens of the one before are refused then', async () => {
    const rotating = await startWorld({ pausable: true })
    const service = await rotating.start(script)
    service.expectComplaint(/keys_rotated/)
    try {
      const [before, report] = [await tokenFor(rotating.people, { scope: 'reports:read' }), '/reports']
      expect((await service.send({ target: report, token: before })).status).toBe(200)
      await rotating.people.rotate()
      const after = await tokenFor(rotating.people, { scope: 'reports:read' })
      const found = async () => (await service.send({ target: report, token: after })).status
      await eventually(found, 200, 15_000)
      expect((await service.send({ target: report, token: before })).status).toBe(401)
      await service.close()
    } finally {
      await rotating.close()
    }
  })

  describe('certificate, key and client authorities', () => {
    test('replaced certificate and key are taken up within 5 s, without dropping a connection', IN_TURN, async () => {
      const before = await Promise.all([open(), open({ identity: good }), open()])
      for (const connection of before) expect(await connection.get('/healthz')).toBe(200)
      const next = await world.ca.issue(LOOPBACK)
      replace('cert.pem', next.chainPem)
      replace('key.pem', next.keyPem)
      // asked all the while: idle connections end by themselves after some seconds
      const asking = (async () => {
        const statuses = new Set<number>()
        for (let i = 0; i < 20; i++) {
          for (const connection of before) statuses.add(await connection.get('/healthz'))
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        return statuses
      })()
      await eventually(shown, fingerprintOf(next), TAKEN_UP_MS)
      expect(await asking).toEqual(new Set([200]))
      for (const connection of before) {
        expect(await connection.get('/healthz')).toBe(200)
        expect(connection.fingerprint).toBe(fingerprintOf(world.server))
        connection.close()
      }
    })

    test(
      'a certificate that does not belong to the key leaves the old pair in force, until its key comes',
      IN_TURN,
      async () => {
        const [old, next] = [await shown(), await world.ca.issue(LOOPBACK)]
        const told = faultsTold()
        replace('cert.pem', next.chainPem)
        await eventually(
          async () => {
            expect(await shown()).toBe(old)
            return faultsTold() > told
          },
          true,
          TAKEN_UP_MS,
        )
        expect(await shown()).toBe(old)
        replace('key.pem', next.keyPem)
        await eventually(shown, fingerprintOf(next), TAKEN_UP_MS)
      },
    )

    test.each<[what: string, damage: () => void]>([
      ['a certificate that is garbage', () => replace('cert.pem', 'garbage')],
      ['half a certificate', () => replace('cert.pem', world.server.certPem.slice(0, 300))],
      ['an empty key', () => replace('key.pem', '')],
      ['a client CA that is garbage', () => replace('ca.pem', 'garbage')],
      ['a client CA that is empty', () => replace('ca.pem', '')],
      ['a key that is gone', () => rmSync(world.path(file('key.pem')))],
      ['a client CA that is gone', () => rmSync(world.path(file('ca.pem')))],
    ])('%s leaves all in force', IN_TURN, async (_what, damage) => {
      const [old, told] = [await shown(), faultsTold()]
      damage()
      await eventually(async () => faultsTold() > told, true, TAKEN_UP_MS)
      expect(await shown()).toBe(old)
      const connection = await open({ identity: good })
      expect(await connection.get(LEDGER, await withToken(good))).toBe(200)
      connection.close()
      const next = await world.ca.issue(LOOPBACK)
      replace('cert.pem', next.chainPem)
      replace('key.pem', next.keyPem)
      replace('ca.pem', world.ca.certPem + leaving.certPem)
      await eventually(shown, fingerprintOf(next), TAKEN_UP_MS)
    })

    test('a removed client CA counts for new and for resumed connections', IN_TURN, async () => {
      const headers = await withToken(left)
      const first = await open({ identity: left })
      expect(await first.get(LEDGER, headers)).toBe(200)
      const session = first.session!
      expect(session).toBeDefined()
      first.close()
      // what is resumed while the CA is trusted is the same caller
      const resumed = await open({ identity: left, session })
      expect(await resumed.get(LEDGER, headers)).toBe(200)
      const later = resumed.session ?? session
      resumed.close()

      replace('ca.pem', world.ca.certPem)
      const statusOf = async (options: Partial<TlsOptions>) => {
        const connection = await open(options).catch(() => undefined)
        const status = (await connection?.get(LEDGER, headers)) ?? 0
        connection?.close()
        return status
      }
      const isRefused = (status: number) => [0, 401, 403].includes(status)
      await eventually(async () => isRefused(await statusOf({ identity: left })), true, TAKEN_UP_MS)
      for (const ticket of [session, later]) {
        expect(isRefused(await statusOf({ identity: left, session: ticket }))).toBe(true)
        expect(isRefused(await statusOf({ session: ticket }))).toBe(true)
      }
      // those of the CA that stays go on
      const other = await open({ identity: good })
      expect(await other.get(LEDGER, await withToken(good))).toBe(200)
      other.close()
    })

    test('an added client CA counts as well', IN_TURN, async () => {
      const added = await createTestCa({ name: 'Added CA' })
      const identity = await world.identity({}, added)
      const headers = await withToken(identity)
      const statusOf = async () => {
        const connection = await open({ identity }).catch(() => undefined)
        const status = (await connection?.get(LEDGER, headers)) ?? 0
        connection?.close()
        return status
      }
      expect(await statusOf()).not.toBe(200)
      replace('ca.pem', world.ca.certPem + added.certPem)
      await eventually(statusOf, 200, TAKEN_UP_MS)
    })
  })

  describe('a broken key file', () => {
    const issue = async () => {
      const key = await world.issueKeyIn(file('keys.json'), '--client', 'acme', '--scope', 'reports:read')
      service.keepSecret(key)
      return key
    }
    const ask = (key: string) => service.send({ target: '/reports', token: key, scheme: 'ApiKey' })
    const statusOf = async (key: string) => (await ask(key)).status
    let key: string
    let good: string
    beforeAll(async () => {
      key = await issue()
      good = world.read(file('keys.json'))
      await eventually(() => statusOf(key), 200, TAKEN_UP_MS)
    })

    test.each<[what: string, damage: () => void]>([
      ['that is half written', () => world.write(file('keys.json'), good.slice(0, good.length / 2))],
      ['that is empty', () => world.write(file('keys.json'), '')],
      ['that is no list', () => replace('keys.json', '"x"')],
      ['that is gone', () => rmSync(world.path(file('keys.json')))],
    ])('%s leaves the last good set in force and is audited', IN_TURN, async (_what, damage) => {
      damage()
      const noticed = async () => {
        const answer = await ask(key)
        expect(answer.status).toBe(200)
        return JSON.stringify(await service.audit(answer)).includes('key_file_unreadable')
      }
      await eventually(noticed, true, TAKEN_UP_MS)
      replace('keys.json', good)
      await eventually(noticed, false, TAKEN_UP_MS)
    })

    test('a record that is broken is refused alone', IN_TURN, async () => {
      const [other, list] = [await issue(), JSON.parse(world.read(file('keys.json')))]
      await eventually(() => statusOf(other), 200, TAKEN_UP_MS)
      const records = Array.isArray(list) ? list : list.keys
      const broken = records.map((record: { readonly id: string }) =>
        record.id === other.split('_')[1] ? { ...record, scopes: 'reports:read' } : record,
      )
      replace('keys.json', JSON.stringify(Array.isArray(list) ? broken : { ...list, keys: broken }))
      await eventually(() => statusOf(other), 401, TAKEN_UP_MS)
      expect(await statusOf(key)).toBe(200)
    })

    test('is told by itself, without any request, and so is its recovery', { timeout: 60_000 }, async () => {
      replace('unasked.json', '[]')
      const unasked = await world.start(script, { API_KEYS: world.path(file('unasked.json')) })
      unasked.expectComplaint(/key_file_/)
      const told = async () => unasked.process.stderr().match(/key_file_.*/g)
      const broken = 'key_file_unreadable: it is no JSON, or not all of it'
      replace('unasked.json', '[')
      await eventually(told, [broken], 25_000)
      replace('unasked.json', '[]')
      await eventually(told, [broken, 'key_file_recovered'], 25_000)
      expect(unasked.log).toBe('')
      await unasked.close()
    })
  })
})
