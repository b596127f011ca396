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
    write: async (bytes) => (await writePromised(fd, bytes)).bytesWritten,
    writeSync: (bytes) => writeAllSync(fd, bytes),
    close: () => promisify(close)(fd),
  }
}

const writePromised = promisify(write)

/** A stream of the process. It is not ours to close, and its failure must not end the process. */
export function streamOutput(stream: Writable & { readonly fd?: number }): Output {
  // stays when the sink is closed: what is in flight then may fail later
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve(bytes.length)))
      }),
    writeSync: (bytes) => {
      if (stream.fd !== undefined) writeAllSync(stream.fd, bytes)
    },
    close: async () => {},
  }
}

/** The callback of `write` gets the same error. */
const ignore = (): void => {}

/** What a process that is ending waits for the reader of a full pipe. */
const FULL_PIPE_MS = 1_000
const PAUSE = new Int32Array(new SharedArrayBuffer(4))

function writeAllSync(fd: number, bytes: Uint8Array): void {
  const deadline = performance.now() + FULL_PIPE_MS
  let rest = bytes
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadline) throw error
      Atomics.wait(PAUSE, 0, 0, 5)
    }
  }
}
