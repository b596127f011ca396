/** What room is made for at first, in bytes; it doubles from there. */
const FIRST_BYTES = 16 * 1024

/**
 * Text waiting to be written, as bytes: strings that wait would be moved about by the garbage collector, which costs more
 * than writing them out at once. As large as its owner lets it grow.
 */
export class ByteQueue {
  #buffer = Buffer.alloc(0)
  #bytes = 0
  #lines = 0

  get bytes(): number {
    return this.#bytes
  }

  get lines(): number {
    return this.#lines
  }

  /** @param bytes - Length of `line` in UTF-8. */
  push(line: string, bytes: number): void {
    if (this.#bytes + bytes > this.#buffer.length) this.#grow(this.#bytes + bytes)
    // a text of one byte a character is ASCII, which this encoding only copies
    this.#bytes += this.#buffer.write(line, this.#bytes, bytes === line.length ? 'latin1' : 'utf8')
    this.#lines++
  }

  /** All of it; the queue is empty then. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#bytes)
    this.#buffer = Buffer.alloc(0)
    this.#bytes = 0
    this.#lines = 0
    return taken
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 * this.#buffer.length, needed))
    this.#buffer.copy(larger, 0, 0, this.#bytes)
    this.#buffer = larger
  }
}
