import {
  type AuditEvent,
  type AuditTrail,
  auditTrail,
  clientAddress,
  type RateLimitStore,
  type ServiceSettings,
} from 'wardline'
import { AddressFile } from './address-file.js'
import type { Certificates } from './certificates.js'
import type { Partner } from './partner.js'
import type { Surroundings } from './surroundings.js'
import { TlsFiles } from './tls-files.js'
import { Told } from './told.js'

/** What one running service is surrounded by, and what its tests may look at or move. */
export interface World {
  readonly issuer: string
  readonly partner: Partner
  readonly certificates: Certificates
  /** Where the limits of the limit tables count; undefined: each in a memory store of its own. */
  readonly limits: RateLimitStore | undefined
  /** Of the audit trail, in order. */
  readonly events: readonly AuditEvent[]
  /** Names of guards and handlers that ran, in order. */
  readonly ran: string[]
  readonly gate: Gate
  readonly told: Told
  /** For a service that ends TLS itself; made when it is first asked for. */
  readonly tlsFiles: TlsFiles
  /** For a service with a list of addresses in a file; made when it is first asked for. */
  readonly addressFile: AddressFile
  readonly audit: AuditTrail
  /** Stands still until it is moved. */
  readonly clock: () => number
  readonly advance: (ms: number) => void
  readonly close: () => void
}

export function worldOf({ idp, partner, certificates, limits }: Surroundings): World {
  const events: AuditEvent[] = []
  const told = new Told()
  let tlsFiles: TlsFiles | undefined
  let addressFile: AddressFile | undefined
  let nowMs = Date.now()
  return {
    issuer: idp.issuer,
    partner,
    certificates,
    limits: limits?.(),
    events,
    ran: [],
    gate: new Gate(),
    told,
    get tlsFiles() {
      tlsFiles ??= new TlsFiles(certificates, told)
      return tlsFiles
    },
    get addressFile() {
      addressFile ??= new AddressFile('192.0.2.0/24\n')
      return addressFile
    },
    audit: auditTrail({ sink: { write: (event) => void events.push(event), close: async () => {} } }),
    clock: () => nowMs,
    advance: (ms) => {
      nowMs += ms
    },
    close: () => {
      tlsFiles?.close()
      addressFile?.close()
    },
  }
}

/** The proxy that the services of the tables trust. */
export const PROXY = '127.0.0.2'

export const settingsOf = (world: World, rest: ServiceSettings = {}): ServiceSettings => ({
  audit: world.audit,
  clock: world.clock,
  clientAddress: clientAddress({ trustedProxies: [PROXY] }),
  ...rest,
})

/** Holds whoever waits at it, so that a test can act while a guard or a handler is at work. */
class Gate {
  #reach: () => void = () => {}
  #open: () => void = () => {}
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve
  })
  /** Resolves when somebody waits. */
  readonly reached = new Promise<void>((resolve) => {
    this.#reach = resolve
  })

  wait(): Promise<void> {
    this.#reach()
    return this.#opened
  }

  open(): void {
    this.#open()
  }
}
