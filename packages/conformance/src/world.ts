import { type AuditEvent, type AuditTrail, auditTrail, clientAddress, type ServiceSettings } from 'wardline'

/** What one running service is surrounded by, and what its tests may look at or move. */
export interface World {
  readonly issuer: string
  /** Of the audit trail, in order. */
  readonly events: readonly AuditEvent[]
  /** Names of guards and handlers that ran, in order. */
  readonly ran: string[]
  readonly gate: Gate
  readonly audit: AuditTrail
  /** Stands still until it is moved. */
  readonly clock: () => number
  readonly advance: (ms: number) => void
}

export function worldOf(issuer: string): World {
  const events: AuditEvent[] = []
  let nowMs = Date.now()
  return {
    issuer,
    events,
    ran: [],
    gate: new Gate(),
    audit: auditTrail({ sink: { write: (event) => void events.push(event), close: async () => {} } }),
    clock: () => nowMs,
    advance: (ms) => {
      nowMs += ms
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
