import type { SecurityEvent } from '../context.js'

const noticed = (code: string, event: string): SecurityEvent => Object.freeze({ event, code, guard: 'clientAddress' })

/** Somebody who is no trusted proxy sent a forwarding field. */
export const UNTRUSTED = noticed('forwarding_untrusted', 'malicious_extraneous')
/** The field's twin with underscores, which other readers may take for the field. */
export const TWIN = noticed('forwarding_twin', 'malicious_extraneous')
/** Two lines of a field that holds one address: the client's own beside the proxy's. */
export const REPEATED = noticed('forwarding_repeated', 'malicious_extraneous')
/** No address where it should be. */
export const MALFORMED = noticed('forwarding_malformed', 'input_validation_fail')
/** More of the service's own proxies in a row than any chain has. */
export const LONG = noticed('forwarding_long', 'input_validation_fail')
/** Fewer entries than `hops`. */
export const SHORT = noticed('forwarding_short', 'input_validation_fail')
/** Forwarding fields, of which the rule reads none. */
export const IGNORED = noticed('forwarding_ignored', 'input_validation_fail')
