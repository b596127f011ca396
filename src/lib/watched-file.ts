import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'

/** What a file looks like from outside. */
interface Stats {
  isFile(): boolean
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** File systems keep time in steps: a file as young as this may be written again and look the same. */
const SETTLED_MS = 2_000

/** Reads one file again when it has changed: written in place, or replaced by another of its name. */
export class WatchedFile {
  readonly #path: string
  readonly #maxBytes: number
  /** How the file looked when it was read last; undefined where it must be read again whatever it looks like. */
  #looked: string | undefined
  #digest: string | undefined

  constructor(path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  /**
   * What is in the file, at start, where there is nothing to go on with.
   *
   * @throws Error when it cannot be read, or is too large.
   */
  readAtStart(): string {
    const stats = statSync(this.#path, { bigint: true })
    this.#check(stats)
    return this.#take(stats, readFileSync(this.#path))
  }

  /**
   * What is in the file now; undefined where that was read before.
   *
   * @throws Error when it cannot be read, is too large, or changes meanwhile. It is read anew the next time.
   */
  async readChanged(): Promise<string | undefined> {
    const stats = await stat(this.#path, { bigint: true }) // not opened yet: a pipe would wait for ever
    this.#check(stats)
    if (lookOf(stats) === this.#looked) return undefined
    const handle = await open(this.#path, 'r')
    try {
      const before = await handle.stat({ bigint: true })
      this.#check(before)
      const bytes = await readAll(handle, Number(before.size))
      if (lookOf(await handle.stat({ bigint: true })) !== lookOf(before))
        throw new Error('it changed while it was read')
      const known = this.#digest
      const text = this.#take(before, bytes)
      return this.#digest === known ? undefined : text
    } finally {
      await handle.close()
    }
  }

  #check(stats: Stats): void {
    if (!stats.isFile()) throw new Error('it is not a file')
    if (stats.size > this.#maxBytes) throw new Error(`it is larger than ${this.#maxBytes} bytes`)
  }

  #take(stats: Stats, bytes: Buffer): string {
    if (bytes.length > this.#maxBytes) throw new Error(`it is larger than ${this.#maxBytes} bytes`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // the time of change, which no program can set, unlike that of modification
    const isSettled = Date.now() - Number(stats.ctimeNs / 1_000_000n) > SETTLED_MS
    this.#looked = isSettled ? lookOf(stats) : undefined
    this.#digest = createHash('sha256').update(bytes).digest('base64')
    return text
  }
}

const lookOf = ({ dev, ino, size, mtimeNs, ctimeNs }: Stats): string => [dev, ino, size, mtimeNs, ctimeNs].join(' ')

/** Up to one byte more than there should be, which then shows. */
async function readAll(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size + 1)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}
