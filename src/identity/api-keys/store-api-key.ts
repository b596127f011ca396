import { nonEmptyString } from '../../lib/options.js'
import { type ApiKeyRecord, recordFault } from './api-key-record.js'
import { changeKeyFile } from './change-key-file.js'

/**
 * Appends a record to a file that `apiKeyFile()` reads, in one step; makes the file, with mode 0600, where there is none.
 *
 * @throws TypeError for a record that is not sound, and Error for a file that is no list of records, that has the id already,
 * or that another process holds for five seconds.
 */
export async function storeApiKey(path: string, record: ApiKeyRecord): Promise<void> {
  nonEmptyString('path', path)
  const fault = recordFault(record)
  if (fault !== undefined) throw new TypeError(`storeApiKey(): ${fault}`)
  await changeKeyFile(path, (records) => {
    if (records.some((known) => (known as Partial<ApiKeyRecord> | null)?.id === record.id)) {
      throw new Error(`there is a record ${record.id} already`)
    }
    records.push(record)
  })
}
