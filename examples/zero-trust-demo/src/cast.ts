import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Certificates, writeCertificates } from '@wardline/example-zero-trust-domain/certificates'
import * as oauth from 'oauth4webapi'
import { connection, type Issuers, revoke, startIssuers, TRUST_DOMAIN } from './issuers.js'

/** Who appears in the tour, by what they hold. */
export interface Cast {
  readonly folder: string
  readonly certificates: Certificates
  readonly issuers: Issuers
  readonly keys: { readonly alice: oauth.CryptoKeyPair; readonly thief: oauth.CryptoKeyPair }
  readonly tokens: Readonly<Record<TokenName, string>>
  readonly apiKeys: { readonly good: string; readonly revoked: string }
}

type TokenName = 'alice' | 'bob' | 'carol' | 'ledger' | 'reporter' | 'partner' | 'takenBack' | 'jwtPartner'

/** Makes certificates, starts the identity providers and gets everyone's credentials, in the ways that clients do. */
export async function meetTheCast(folder: string): Promise<Cast> {
  const certificates = await writeCertificates(folder, TRUST_DOMAIN)
  const issuers = await startIssuers(certificates)
  const keys = { alice: await oauth.generateKeyPair('ES256'), thief: await oauth.generateKeyPair('ES256') }
  const tls = connection(certificates)
  const { people, partners } = issuers
  const takenBack = await partners.token('partner', { tls })
  await revoke(issuers, takenBack, tls)
  return {
    folder,
    certificates,
    issuers,
    keys,
    tokens: {
      alice: await people.token('app', { tls, dpop: keys.alice }),
      bob: await people.token('old-app', { tls, dpop: keys.alice }),
      carol: await people.token('plain-app', { tls }),
      ledger: await people.token('ledger-reader', { tls: connection(certificates, certificates.ledger) }),
      reporter: await people.token('reporter', { tls }),
      partner: await partners.token('partner', { tls }),
      takenBack,
      jwtPartner: await partners.token('jwt-partner', { tls }),
    },
    apiKeys: await issueKeys(join(folder, 'keys.json')),
  }
}

const run = promisify(execFile)
const ISSUE_KEY = fileURLToPath(new URL('../../zero-trust/dist/issue-key.js', import.meta.url))

/** A key that is good, and one that its owner has lost. */
async function issueKeys(file: string): Promise<Cast['apiKeys']> {
  const issue = async (...args: readonly string[]) =>
    (await run(process.execPath, [ISSUE_KEY, '--file', file, ...args])).stdout.trim()
  const good = await issue('--client', 'acme', '--scope', 'reports:read')
  const revoked = await issue('--client', 'acme', '--scope', 'reports:read', '--expires', '3600')
  await issue('--revoke', revoked.split('_')[1]!)
  return { good, revoked }
}
