/** How an issuer's keys are. */
export interface IssuerState {
  /**
   * `cold`: there never were any. `ready`: there are, and the issuer is there. `stale`: there are, and the last attempt to
   * renew them failed. `expired`: there were, and they are too old to be used.
   */
  readonly keys: 'cold' | 'ready' | 'stale' | 'expired'
  /** Whether tokens can be verified now. */
  readonly usable: boolean
  /** Key ids that tokens may name. */
  readonly kids: readonly string[]
  /** When the keys were fetched last, in milliseconds since the epoch. */
  readonly fetchedAtMs: number | undefined
  /** Failed attempts since then. */
  readonly failures: number
}

/** Something that happened to an issuer's keys. */
export type IssuerEvent =
  /** Keys came or went: their ids; a key without one is `-`. The first set is no rotation. */
  | {
      readonly event: 'keys_rotated'
      readonly issuer: string
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }
  /** The first failure after a success. */
  | { readonly event: 'keys_unavailable'; readonly issuer: string; readonly cause: unknown }
  | { readonly event: 'keys_recovered'; readonly issuer: string; readonly afterMs: number }
