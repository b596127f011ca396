import { LRUCache } from 'lru-cache'

interface VerifiedToken<Answer> {
  readonly token: string
  readonly answer: Answer
}

const MAX_BYTES = 16 * 1024 * 1024
/** Of the signature's end: 192 bits that differ from token to token, for a fraction of what hashing all of it costs. */
const TAIL_LENGTH = 32

/**
 * Tokens that verification has let pass, the longest unused forgotten first. Looked up by their end, believed only when
 * every character is the same: in no constant time, but who knows the end of a token has all of it. One per guard, so
 * that no entry meets another configuration.
 */
export class VerifiedTokens<Answer> {
  readonly #byTail: LRUCache<string, VerifiedToken<Answer>> | undefined

  /** @param max - How many; 0 remembers none. All together take at most 16 MiB. */
  constructor(max: number) {
    if (max === 0) return
    this.#byTail = new LRUCache({
      max,
      maxSize: MAX_BYTES,
      sizeCalculation: ({ token }) => 4 * token.length,
    })
  }

  /** What exactly this text gave. Whether it still holds is for the caller to ask. */
  find(token: string): Answer | undefined {
    const known = this.#byTail?.get(token.slice(-TAIL_LENGTH))
    return known !== undefined && known.token === token ? known.answer : undefined
  }

  remember(given: string, answer: Answer): void {
    if (this.#byTail === undefined) return
    const token = ownCopy(given)
    this.#byTail.set(token.slice(-TAIL_LENGTH), { token, answer })
  }
}

/** V8 cuts a slice without copying: it would keep the whole field alive, spaces and all. */
const ownCopy = (token: string): string => Buffer.from(token, 'latin1').toString('latin1')
