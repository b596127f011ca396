/** A reply in RESP2. Errors are values, since one may stand within an array. */
export type RedisReply = string | number | null | Error | readonly RedisReply[]

/** A command as clients send it: an array of bulk strings. */
export const encodeCommand = (args: readonly string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`

/** Takes a stream of RESP2 apart, whichever side it comes from. */
export class RedisReader {
  #unread: Buffer = Buffer.alloc(0)
  #at = 0

  /**
   * The values that are complete with this chunk.
   *
   * @throws Error where the stream is something else than RESP2.
   */
  push(chunk: Buffer): readonly RedisReply[] {
    this.#unread = Buffer.concat([this.#unread, chunk])
    const values: RedisReply[] = []
    for (;;) {
      this.#at = 0
      const value = this.#value()
      if (value === undefined) return values
      values.push(value)
      this.#unread = this.#unread.subarray(this.#at)
    }
  }

  /** Undefined where the rest is still to come. */
  #value(): RedisReply | undefined {
    if (this.#at === this.#unread.length) return undefined
    const type = String.fromCharCode(this.#unread[this.#at]!)
    if (!'+-:$*'.includes(type)) throw new Error('this is no RESP2')
    const end = this.#unread.indexOf('\r\n', this.#at)
    if (end === -1) return undefined
    const line = this.#unread.toString('utf8', this.#at + 1, end)
    this.#at = end + 2
    switch (type) {
      case '+':
        return line
      case '-':
        return new Error(line)
      case ':':
        return Number(line)
      case '$':
        return this.#bulk(Number(line))
      default:
        return this.#array(Number(line))
    }
  }

  #bulk(length: number): string | null | undefined {
    if (length < 0) return null
    const start = this.#at
    if (this.#unread.length < start + length + 2) return undefined
    this.#at += length + 2
    return this.#unread.toString('utf8', start, start + length)
  }

  #array(length: number): readonly RedisReply[] | null | undefined {
    if (length < 0) return null
    const items: RedisReply[] = []
    while (items.length < length) {
      const item = this.#value()
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }
}
