import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { integerBetween, knownOptions, shown } from '../../lib/options.js'

/** The nonces that proofs must hold (RFC 9449 section 9). */
export interface DpopNonceOptions {
  /** Seconds for which a nonce is good at most, 10 to 3600; at least half of it. Default: 300. */
  readonly lifetimeSeconds?: number | undefined
  /**
   * What nonces are made from, at least 32 bytes: the same for all processes that answer under one origin. Default: a
   * random key of this process, so that no proof made before a restart is good after it.
   */
  readonly secret?: string | Uint8Array | undefined
}

/** What a proof's nonce is: one of this service's own, the newest or the one before; or nothing to go by. */
export type NonceVerdict = 'newest' | 'older' | 'missing' | 'stale'

/**
 * Nonces that need no store (RFC 9449 section 9): a keyed hash of the time, which changes by the step. Two steps are a
 * lifetime, and the one before the newest is good as well, so that no caller is caught by the change.
 */
export class DpopNonces {
  readonly #key: Uint8Array
  readonly #stepMs: number
  #step = Number.NaN
  #newest: Buffer = Buffer.alloc(0)
  #older: Buffer = Buffer.alloc(0)

  /** @throws TypeError for an option out of its range. */
  constructor(options: DpopNonceOptions) {
    knownOptions('nonce', options, ['lifetimeSeconds', 'secret'])
    this.#stepMs = integerBetween('nonce.lifetimeSeconds', options.lifetimeSeconds ?? 300, 10, 3600) * 500
    this.#key = options.secret === undefined ? keyOfProcess() : secretKey(options.secret)
  }

  judge(nonce: unknown, nowMs: number): NonceVerdict {
    if (nonce === undefined) return 'missing'
    if (typeof nonce !== 'string') return 'stale'
    this.#moveTo(nowMs)
    const given = Buffer.from(nonce)
    if (isSame(given, this.#newest)) return 'newest'
    return isSame(given, this.#older) ? 'older' : 'stale'
  }

  newest(nowMs: number): string {
    this.#moveTo(nowMs)
    return this.#newest.toString()
  }

  #moveTo(nowMs: number): void {
    const step = Math.floor(nowMs / this.#stepMs)
    if (step === this.#step) return
    this.#newest = this.#nonceOf(step)
    this.#older = this.#nonceOf(step - 1)
    this.#step = step
  }

  #nonceOf(step: number): Buffer {
    const input = `wardline DPoP nonce ${this.#stepMs} ${step}`
    return Buffer.from(createHmac('sha256', this.#key).update(input).digest('base64url'))
  }
}

/** In constant time: until it is handed out, a nonce is a secret. */
const isSame = (given: Buffer, own: Buffer): boolean => given.length === own.length && timingSafeEqual(given, own)

let processKey: Uint8Array | undefined

/** One for all guards of a process: a client keeps one nonce per origin (RFC 9449 section 8.2). */
function keyOfProcess(): Uint8Array {
  processKey ??= randomBytes(32)
  return processKey
}

const MIN_SECRET_BYTES = 32

function secretKey(secret: unknown): Uint8Array {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError(`nonce.secret must be text or bytes, got ${shown(secret)}`)
  }
  const key = Buffer.from(secret) // a copy: the caller may wipe its own
  if (key.length >= MIN_SECRET_BYTES) return key
  throw new TypeError(`nonce.secret must be at least ${MIN_SECRET_BYTES} bytes, got ${key.length}`)
}
