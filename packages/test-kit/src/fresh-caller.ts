import { randomUUID } from 'node:crypto'
import type { Idp } from './idp.js'

type Claims = Readonly<Record<string, unknown>>

let addresses = 0

/** A loopback address that no request has come from yet: each has a quota of its own. */
export function freshAddress(): string {
  addresses++
  return `127.${10 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}`
}

export const freshSub = (): string => `caller-${randomUUID()}`

/** A token of the provider's for a caller that nobody else is: no test spends another's quota. */
export const tokenFor = (idp: Pick<Idp, 'sign'>, claims: Claims = {}, header: Claims = {}): Promise<string> =>
  idp.sign({ sub: freshSub(), ...claims }, header)
