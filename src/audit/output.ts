import { close, openSync, write, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'

/** A destination of bytes. */
export interface Output {
  /** Takes some or all of `bytes` and resolves to how many. */
  readonly write: (bytes: Uint8Array) => Promise<number>
  /** Best effort, for a process that is ending. */
  readonly writeSync: (bytes: Uint8Array) => void
  readonly close: () => Promise<void>
}

/** Appends to a file, made with mode 0640 where it does not exist. */
export function fileOutput(path: string): Output {
  const fd = openSync(path, 'a', 0o640)
  return {
    write: async (bytes) => (await promisify(write)(fd, bytes)).bytesWritten,
    writeSync: (bytes) => void writeSync(fd, bytes),
    close: () => promisify(close)(fd),
  }
}

/** A stream of the process. It is not ours to close, and its failure must not end the process. */
export function streamOutput(stream: Writable & { readonly fd?: number }): Output {
  stream.on('error', ignore)
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve(bytes.length)))
      }),
    writeSync: (bytes) => void (stream.fd !== undefined && writeSync(stream.fd, bytes)),
    close: async () => {
      stream.off('error', ignore)
    },
  }
}

/** The callback of `write` gets the same error. */
const ignore = (): void => {}
