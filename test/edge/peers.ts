import type { ClientAddressRule, Peer } from '../../src/index.js'
import { headerReader } from '../support/context.js'

/** The other end of the connection, by its canonical address; undefined for a Unix socket. */
export const peerAt = (address: string | undefined): Peer => ({
  address,
  encrypted: false,
  certificate: () => undefined,
  sentBytes: () => 0,
})

type Lines = readonly (string | readonly [name: string, value: string])[]

/** What `rule` makes of field lines sent over a connection from `peer`; a text is one `x-forwarded-for` line. */
export const clientOf = (rule: ClientAddressRule, peer: string | undefined, ...lines: Lines): string =>
  seenBy(rule, peer, ...lines).client

/** The same, and the codes of what the rule noticed. */
export function seenBy(
  rule: ClientAddressRule,
  peer: string | undefined,
  ...lines: Lines
): { readonly client: string; readonly codes: readonly string[] } {
  const codes: string[] = []
  const fields = lines.map((line) => (typeof line === 'string' ? (['x-forwarded-for', line] as const) : line))
  const client = rule(peerAt(peer), headerReader(fields), ({ code }) => void codes.push(code))
  return { client, codes }
}
