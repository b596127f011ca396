import { nonEmptyString } from '../../lib/options.js'
import type { ApiKeyRecord } from './api-key-record.js'
import { isKeyId } from './api-key-text.js'
import { changeKeyFile } from './change-key-file.js'

/**
 * Marks a record as revoked in a file that `apiKeyFile()` reads, in one step. The record stays, so that its use shows in the
 * audit trail as `key_revoked`.
 *
 * @param id - The middle part of the key.
 * @throws TypeError for anything but an id, and Error where there is no such record, for a file that is no list of records,
 * or that another process holds for five seconds.
 */
export async function revokeApiKey(path: string, id: string): Promise<void> {
  nonEmptyString('path', path)
  // whoever gives the whole key does not find it in an error
  if (!isKeyId(id)) throw new TypeError('id must be the middle part of a key')
  await changeKeyFile(path, (records) => {
    let found = false
    records.forEach((record, index) => {
      if ((record as Partial<ApiKeyRecord> | null)?.id !== id) return
      records[index] = { ...(record as object), revoked: true }
      found = true
    })
    if (!found) throw new Error(`there is no record ${id}`)
  })
}
