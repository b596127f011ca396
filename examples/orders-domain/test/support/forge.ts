import type { Claims } from './callers.js'

/** A part of a token; text is taken as it is. */
export const part = (value: Claims | string | Uint8Array): string =>
  Buffer.from(typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value)).toString(
    'base64url',
  )

/** A compact JWS of any making: nothing about it is checked. */
export function forge(header: Claims | string, claims: Claims, sign: (input: string) => Uint8Array | string): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${part(sign(input))}`
}

/** Parts of a token that was issued, with its claims readable. */
export function taken(token: string) {
  const [header, payload, signature] = token.split('.') as [string, string, string]
  return { header, payload, signature, claims: decoded(payload), headerClaims: decoded(header) }
}

const decoded = (text: string): Claims => JSON.parse(Buffer.from(text, 'base64url').toString())
