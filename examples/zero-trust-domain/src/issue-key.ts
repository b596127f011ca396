import { parseArgs } from 'node:util'
import { issueApiKey, revokeApiKey, storeApiKey } from 'wardline'

const USAGE = `usage: issue-key --file F --client NAME --scope "reports:read" [--expires SECONDS] [--addresses CIDR,...]
       issue-key --file F --revoke ID`

/**
 * Issues a key, whose text is returned and kept nowhere, or revokes one.
 *
 * @returns What to print: the key, or nothing.
 * @throws Error that says what is wrong with the arguments or the file.
 */
export async function issueKey(args: readonly string[]): Promise<string | undefined> {
  const { file, client, scope, expires, addresses, revoke } = parsed(args)
  if (file === undefined) throw new Error(`--file is missing\n${USAGE}`)
  if (revoke !== undefined) {
    if ((client ?? scope ?? expires ?? addresses) !== undefined) throw new Error(`--revoke stands alone\n${USAGE}`)
    await revokeApiKey(file, revoke)
    return undefined
  }
  if (client === undefined || scope === undefined) throw new Error(`--client and --scope are needed\n${USAGE}`)
  const { key, record } = issueApiKey({
    client,
    scopes: scope.split(' ').filter(Boolean),
    prefix: 'zt',
    ...(expires !== undefined && { expiresInSeconds: seconds(expires) }),
    ...(addresses !== undefined && { addresses: addresses.split(',').map((range) => range.trim()) }),
  })
  await storeApiKey(file, record)
  return key
}

function parsed(args: readonly string[]) {
  const option = { type: 'string' } as const
  try {
    const options = { file: option, client: option, scope: option, expires: option, addresses: option, revoke: option }
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`)
  }
}

function seconds(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new Error(`--expires must be a number of seconds, got ${JSON.stringify(text)}`)
}
