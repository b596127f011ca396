import { LRUCache } from 'lru-cache'
import { tell } from '../../lib/listener.js'

/** That a key was used. */
export interface ApiKeyUse {
  /** Of the key's record. */
  readonly id: string
  /** Who holds the key, by its record. */
  readonly client: string
  /** The client's address after the service's proxy rule. */
  readonly address: string
  /** When, in milliseconds since the epoch. */
  readonly atMs: number
}

const EVERY_MS = 60_000

/** Tells of each key's use once a minute; beyond `max` keys in a minute, the longest unused may be told of again. */
export class KeyUses {
  readonly #onUse: (use: ApiKeyUse) => unknown
  readonly #toldAtMs: LRUCache<string, number>

  constructor(onUse: (use: ApiKeyUse) => unknown, max: number) {
    this.#onUse = onUse
    this.#toldAtMs = new LRUCache({ max })
  }

  /** False where the listener threw; whatever it does is not the request's business. */
  note(use: ApiKeyUse): boolean {
    const { id, atMs } = use
    const toldAtMs = this.#toldAtMs.get(id)
    if (toldAtMs !== undefined && toldAtMs <= atMs && atMs < toldAtMs + EVERY_MS) return true
    this.#toldAtMs.set(id, atMs)
    return tell(this.#onUse, use)
  }
}
