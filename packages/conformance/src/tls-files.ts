import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCertificate } from '@wardline/test-kit'
import { type SecureServer, secureServer } from 'wardline'
import type { Certificates } from './certificates.js'
import type { Told } from './told.js'

/** TLS of a service, from files that a test replaces while it runs. */
export class TlsFiles {
  readonly server: SecureServer
  readonly #directory = mkdtempSync(join(tmpdir(), 'wardline-conformance-'))
  readonly #told: Told

  constructor({ authority, server }: Certificates, told: Told) {
    this.#told = told
    const clientCaFile = this.#put('client-ca.pem', authority.certPem)
    const pair = this.#putPair(server)
    this.server = secureServer({ ...pair, clientCaFile, reloadMs: 100, onEvent: told.note })
  }

  /** Resolves when the new pair is in force. */
  async replace(certificate: TestCertificate): Promise<void> {
    const loaded = this.#told.next('tls_files_loaded')
    this.#putPair(certificate)
    await loaded
  }

  /** The same for the authorities that callers may come from. */
  async trust(authorityPem: string): Promise<void> {
    const loaded = this.#told.next('tls_files_loaded')
    this.#put('client-ca.pem', authorityPem)
    await loaded
  }

  close(): void {
    this.server.close()
    rmSync(this.#directory, { recursive: true })
  }

  #putPair({ chainPem, keyPem }: TestCertificate) {
    return { certFile: this.#put('server.pem', chainPem), keyFile: this.#put('server-key.pem', keyPem) }
  }

  /** In one step, as agents do. */
  #put(name: string, text: string): string {
    const path = join(this.#directory, name)
    writeFileSync(`${path}.next`, text, { mode: 0o600 })
    renameSync(`${path}.next`, path)
    return path
  }
}
