import { verify } from 'node:crypto'
import { encoded, signature, type TestKey } from '../../support/fake-issuer.js'

type Members = Readonly<Record<string, unknown>>

/** What every file says of `choice`. */
export const ABOUT_CHOICE =
  'A case with `choice: true` is one that no standard decides: this library is stricter there, sets a limit, follows what is recommended only, or takes one of several readings, and `why` says so. A verifier that answers it otherwise may conform all the same. What all other cases expect is demanded by the standards, once a verifier is set as this file says. `choice` is about `expected.allowed` alone: how a refusal is told is partly left open as well.'

/** One case of a file, with its input beside these members. */
export interface PublishedCase {
  readonly name: string
  readonly section: string
  readonly expected: Members
  /** Whether a verifier that answers otherwise may conform all the same. */
  readonly choice?: true
  /** What leaves it open. */
  readonly why?: string
  readonly [input: string]: unknown
}

/** One file of `test/vectors/json`. */
export interface VectorFile {
  readonly standard: string
  /** How to run a case, a paragraph each. */
  readonly about: readonly string[]
  /** Where the verifier's clock stands, in seconds since the epoch. */
  readonly now: number
  /** How the verifier is set. */
  readonly verifier: Members
  readonly keys?: Members
  readonly certificates?: Members
  /** Members that all cases have which do not say otherwise. */
  readonly request?: Members
  /** The first is the good one that all others change. */
  readonly cases: readonly PublishedCase[]
}

/** Signs as `fake-issuer.ts` does. */
export type Sign = (key: TestKey, header: unknown, payload: unknown) => string

/**
 * Signs what is new, and gives for all else the signature that `text` has: one of ECDSA is another each time, and a file
 * that is made again should differ in what has changed only.
 */
export function signingLike(text: string): Sign {
  const known = new Map<string, string[]>()
  for (const token of text.match(COMPACT) ?? []) {
    const input = token.slice(0, token.lastIndexOf('.'))
    known.set(input, [...(known.get(input) ?? []), token])
  }
  return (key, header, payload) => {
    const input = `${encoded(header)}.${encoded(payload)}`
    const isBy = (token: string) =>
      verify(
        'sha256',
        Buffer.from(input),
        { key: key.publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(token.slice(input.length + 1), 'base64url'),
      )
    return known.get(input)?.find(isBy) ?? `${input}.${signature(key, input).toString('base64url')}`
  }
}

/** RFC 7515 section 7.1, with a signature of ES256. */
const COMPACT = /[\w-]+\.[\w-]*\.[\w-]{86}(?![\w-])/g
