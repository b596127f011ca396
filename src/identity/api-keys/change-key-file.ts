import { type FileHandle, open, readFile, realpath, rename, unlink } from 'node:fs/promises'
import { keyDocument, recordList } from './api-key-set.js'

const MAX_WAIT_MS = 5_000
const PAUSE_MS = 20

/**
 * Replaces a file of API keys by a changed one, in one step: who reads it sees the old file or the new one. The new one is
 * written beside it, as `<path>.next`, which only one process can make at a time: two changes at once are both made. Nothing
 * else of the file changes, broken records included. Its mode becomes 0600.
 *
 * @param change - Gets a list of its own to change.
 * @throws Error for a file that is no list of records, or when another process holds `<path>.next` for five seconds.
 */
export async function changeKeyFile(path: string, change: (records: unknown[]) => void): Promise<void> {
  const target = await realpath(path).catch(() => path) // a link stays a link
  const next = `${target}.next`
  const handle = await onlyOpen(next)
  try {
    try {
      const document = await documentOf(target)
      const records = [...recordList(document)]
      change(records)
      const changed = Array.isArray(document) ? records : { ...(document as object), keys: records }
      await handle.writeFile(`${JSON.stringify(changed, undefined, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, target)
  } catch (cause) {
    await unlink(next).catch(() => {})
    throw cause
  }
}

/** A file that only this process has made. */
async function onlyOpen(path: string): Promise<FileHandle> {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      return await open(path, 'wx', 0o600)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
      if (waitedMs >= MAX_WAIT_MS) {
        throw new Error(`${path} is there: another process changes the keys, or one died and it must be removed`, {
          cause,
        })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** A file that is not there yet has no records; any other failure must not lose them. */
async function documentOf(path: string): Promise<unknown> {
  try {
    return keyDocument(await readFile(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cause
  }
}
