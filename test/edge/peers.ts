import type { ClientAddressRule, Peer } from '../../src/index.js'
import { headerReader } from '../support/context.js'

/** The other end of the connection, by its canonical address; undefined for a Unix socket. */
const peerAt = (address: string | undefined): Peer => ({
  address,
  encrypted: false,
  certificate: () => undefined,
})

/** What `rule` makes of field lines sent over a connection from `peer`; a text is one `x-forwarded-for` line. */
export const clientOf = (
  rule: ClientAddressRule,
  peer: string | undefined,
  ...lines: readonly (string | readonly [name: string, value: string])[]
): string =>
  rule(peerAt(peer), headerReader(lines.map((line) => (typeof line === 'string' ? ['x-forwarded-for', line] : line))))
