import { isObject, type JsonObject } from '../../lib/json-value.js'
import { isThumbprint } from '../../lib/thumbprint.js'

/** What a token is bound to (RFC 7800): at most one key of the caller's, or its certificate, or both. */
export interface Confirmation {
  /** Thumbprint of a key (RFC 9449 section 6.1, RFC 7638). */
  readonly jkt?: string
  /** Thumbprint of a certificate (RFC 8705 section 3.1). */
  readonly 'x5t#S256'?: string
}

/** The member of `cnf` that a proof answers for. */
export type ConfirmationMember = keyof Confirmation

const UNBOUND: Confirmation = Object.freeze({})

const MEMBERS: readonly string[] = ['jkt', 'x5t#S256'] satisfies readonly ConfirmationMember[]

/**
 * The `cnf` claim; undefined when it is malformed, or names something that nothing here can ask a proof of: such a token
 * would be taken for less than it is.
 */
export function confirmationOf({ cnf }: JsonObject): Confirmation | undefined {
  if (cnf === undefined) return UNBOUND
  if (!isObject(cnf)) return undefined
  const members = Object.entries(cnf)
  const isKnown = ([name, value]: [string, unknown]) => MEMBERS.includes(name) && isThumbprint(value)
  return members.length > 0 && members.every(isKnown) ? Object.freeze({ ...cnf }) : undefined
}
