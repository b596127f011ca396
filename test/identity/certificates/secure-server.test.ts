import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa, LOOPBACK, seesIntermediates, type TestCertificate } from '@wardline/test-kit'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  certificateSource,
  mtls,
  type SecureServerEvent,
  type SecureServerOptions,
  secureServer,
} from '../../../src/index.js'
import { SecureConnection, secureService } from '../../support/secure-service.js'
import { unhandledRejections } from '../../support/unhandled-rejections.js'
import { SVID } from '../../vectors/svid.js'

const serverCa = await createTestCa({ name: 'Servers' })
const clientCa = await createTestCa({ name: 'Clients' })
const nextCa = await createTestCa({ name: 'Next clients' })
const intermediate = await clientCa.intermediate()
const served = await serverCa.issue({ ...LOOPBACK, name: 'first' })
const renewed = await serverCa.issue({ ...LOOPBACK, name: 'second' })
const isSeen = await seesIntermediates()
const between = await intermediate.issue(SVID)
/** Through an intermediate, where Node.js shows it: it must count in all that follows. */
const caller = isSeen ? between : await clientCa.issue(SVID)
const stranger = await nextCa.issue(SVID)

function filesOf(own: TestCertificate = served) {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const paths = {
    certFile: join(folder, 'cert.pem'),
    keyFile: join(folder, 'key.pem'),
    clientCaFile: join(folder, 'ca.pem'),
  }
  const write = (name: keyof typeof paths, text: string) => {
    writeFileSync(`${paths[name]}.new`, text)
    renameSync(`${paths[name]}.new`, paths[name])
  }
  write('certFile', own.chainPem)
  write('keyFile', own.keyPem)
  write('clientCaFile', clientCa.certPem)
  return { paths, write }
}

async function running(rest: Partial<SecureServerOptions> = {}) {
  const files = filesOf()
  const events: SecureServerEvent[] = []
  const tls = secureServer({ ...files.paths, reloadMs: 100, onEvent: (event) => void events.push(event), ...rest })
  const source = certificateSource({ ca: tls.clientCa })
  const service = await secureService(tls, mtls({ source, allow: [{ spiffe: { trustDomain: 'example.org' } }] }))
  onTestFinished(async () => {
    tls.close()
    await service.close()
  })
  const open = (by: TestCertificate | undefined, options = {}) => {
    const own = by === undefined ? {} : { cert: by.chainPem, key: by.keyPem }
    const connection = new SecureConnection(service.port, { ca: serverCa.certPem, ...own, ...options })
    onTestFinished(() => connection.close())
    return connection
  }
  const once = async (by: TestCertificate | undefined, options = {}) => {
    const connection = open(by, options)
    const body = await connection.ask()
    return { body, connection }
  }
  const told = (name: SecureServerEvent['event'], count = 1) =>
    vi.waitFor(() => expect(events.filter(({ event }) => event === name)).toHaveLength(count), { timeout: 5_000 })
  return { ...files, tls, events, told, open, once }
}

const nameOf = ({ socket }: SecureConnection) => socket.getPeerCertificate().subject.CN

describe('client certificates', () => {
  test.each([
    ['a good one', caller, SVID.uris[0]],
    ['a good one, through an intermediate', between, isSeen ? SVID.uris[0] : 'certificate_untrusted'],
    ['none', undefined, 'certificate_missing'],
    ['one of another authority', stranger, 'certificate_missing'],
  ])('asked for: %s', async (_what, by, body) => {
    const { once } = await running()
    expect((await once(by)).body).toBe(body)
  })

  test.each([
    ['none', undefined],
    ['one of another authority', stranger],
  ])('required: %s ends the handshake', async (_what, by) => {
    const { once } = await running({ clientCertificates: 'required' })
    await expect(once(by)).rejects.toThrow()
    expect((await once(caller)).body).toBe(SVID.uris[0])
  })

  test('a handshake is given ten seconds', () => {
    expect(secureServer(filesOf().paths).options).toMatchObject({ handshakeTimeout: 10_000 })
  })

  test('TLS 1.2 ends the handshake', async () => {
    const { once } = await running()
    await expect(once(caller, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/version/)
  })
})

describe('files that change', () => {
  test('a new certificate under traffic: new connections see it, open ones stay', async () => {
    const { once, open, write, told, events } = await running()
    const connections = Array.from({ length: 4 }, () => open(caller))
    let isOver = false
    const traffic = connections.map(async (connection) => {
      let answers = 0
      while (!isOver) {
        expect(await connection.ask()).toBe(SVID.uris[0])
        answers++
      }
      return answers
    })
    write('certFile', renewed.chainPem) // for a while the key is of another
    await told('tls_files_refused')
    expect(nameOf((await once(caller)).connection)).toBe('first')
    write('keyFile', renewed.keyPem)
    await told('tls_files_loaded')
    expect(nameOf((await once(caller)).connection)).toBe('second')
    isOver = true
    for (const answers of await Promise.all(traffic)) expect(answers).toBeGreaterThan(0)
    for (const connection of connections) {
      expect(nameOf(connection)).toBe('first')
      expect(await connection.ask()).toBe(SVID.uris[0])
    }
    expect(events).toMatchObject([{ event: 'tls_files_refused' }, { event: 'tls_files_loaded' }])
  })

  test.each<[string, 'certFile' | 'keyFile' | 'clientCaFile', string, RegExp]>([
    ['the key of another', 'keyFile', renewed.keyPem, /keyFile: .* is not the key of the certificate/],
    ['the certificate of another', 'certFile', renewed.certPem, /keyFile: .* is not the key of the certificate/],
    ['garbage as a certificate', 'certFile', 'garbage', /certFile: .* holds no certificate/],
    ['half a certificate', 'certFile', served.certPem.slice(0, 300), /certFile: .* holds no certificate/],
    ['an empty key', 'keyFile', '', /keyFile: .* holds no private key/],
    ['authorities that are gone', 'clientCaFile', '', /clientCaFile: .* holds no certificate/],
    ['a leaf as authority', 'clientCaFile', caller.certPem, /clientCaFile: .* is no certification authority/],
  ])('%s: the set before stays, and that is told once', async (_what, name, text, message) => {
    const { once, write, told, events, tls } = await running()
    write(name, text)
    await told('tls_files_refused')
    await new Promise((resolve) => setTimeout(resolve, 250))
    const { body, connection } = await once(caller)
    expect([body, nameOf(connection), tls.clientCa()]).toEqual([SVID.uris[0], 'first', clientCa.certPem])
    expect(events).toMatchObject([{ event: 'tls_files_refused', cause: { message: expect.stringMatching(message) } }])
  })

  test('a file that goes away and comes back', async () => {
    const { paths, write, told, once } = await running()
    rmSync(paths.keyFile)
    await told('tls_files_refused')
    expect((await once(caller)).body).toBe(SVID.uris[0])
    write('keyFile', served.keyPem)
    await told('tls_files_loaded')
  })

  test.each<[string, () => void]>([
    [
      'throws',
      () => {
        throw new Error('of the listener')
      },
    ],
    ['rejects', () => Promise.reject(new Error('of the listener')) as never],
  ])('a listener that %s changes nothing', async (_name, listener) => {
    const onEvent = vi.fn(listener)
    const rejections = await unhandledRejections(async () => {
      const { write, once } = await running({ onEvent })
      write('clientCaFile', clientCa.certPem + nextCa.certPem)
      await vi.waitFor(() => expect(onEvent).toHaveBeenCalled(), { timeout: 5_000 })
      expect((await once(stranger)).body).toBe(SVID.uris[0])
    })
    expect(rejections).toEqual([])
  })
})

test('an intermediate among the authorities is one itself, wherever Node.js shows none', async () => {
  const { write, told, once } = await running()
  write('clientCaFile', clientCa.certPem + intermediate.certPem)
  await told('tls_files_loaded')
  expect((await once(between)).body).toBe(SVID.uris[0])
})

describe('an authority that is removed', () => {
  test('counts for new, resumed and open connections', async () => {
    const { once, open, write, told } = await running()
    const kept = open(caller)
    expect(await kept.ask()).toBe(SVID.uris[0])
    await vi.waitFor(() => expect(kept.session).toBeDefined())
    const session = kept.session!

    const resumed = await once(caller, { session })
    expect([resumed.connection.socket.isSessionReused(), resumed.body]).toEqual([true, SVID.uris[0]])

    write('clientCaFile', nextCa.certPem)
    await told('tls_files_loaded')
    expect((await once(caller)).body).toBe('certificate_missing')
    const again = await once(caller, { session })
    expect([again.connection.socket.isSessionReused(), again.body]).toEqual([false, 'certificate_missing'])
    // whoever holds the ticket alone is nobody either
    expect((await once(undefined, { session })).body).toBe('certificate_missing')
    expect(await kept.ask()).toBe('certificate_untrusted')
    expect((await once(stranger)).body).toBe(SVID.uris[0])
  })
})

describe('options', () => {
  test.each<[string, (paths: ReturnType<typeof filesOf>) => Partial<SecureServerOptions>, RegExp]>([
    ['a file that is not there', () => ({ keyFile: 'missing.pem' }), /keyFile: missing.pem cannot be read: ENOENT/],
    ['a folder', () => ({ certFile: tmpdir() }), /certFile: .* cannot be read: it is not a file/],
    ['files that do not fit', ({ paths }) => ({ keyFile: paths.certFile }), /keyFile: .* holds no private key/],
    [
      'a key in place of its path',
      () => ({ keyFile: served.keyPem }),
      /^keyFile must be the path of a PEM file[^\n]*$/,
    ],
    ['no path', () => ({ clientCaFile: '' }), /clientCaFile must be a non-empty string/],
    [
      'another word',
      () => ({ clientCertificates: 'never' as never }),
      /clientCertificates must be one of asked, required/,
    ],
    ['a pause too short', () => ({ reloadMs: 50 }), /reloadMs must be an integer from 100 to 60000/],
    ['a misspelt one', () => ({ cert: '' }) as never, /unknown option cert/],
  ])('%s is a TypeError', (_what, change, message) => {
    const files = filesOf()
    const make = () => secureServer({ ...files.paths, ...change(files) })
    expect(make).toThrow(message)
    expect(make).toThrow(TypeError)
  })
})
