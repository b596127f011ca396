import { createPrivateKey } from 'node:crypto'
import { createRequire } from 'node:module'
import { authoritiesIn } from './certificate-path.js'
import { pemCertificates } from './certificate-pem.js'

/** Paths of PEM files of at most 4 MiB. */
export interface ServerFiles {
  /** The server's certificate, and those between it and its authority. */
  readonly certFile: string
  /** Its private key, not encrypted. */
  readonly keyFile: string
  /** Authorities that client certificates may come from. */
  readonly clientCaFile: string
}

export type ServerFileName = keyof ServerFiles
export type ServerFileTexts = Readonly<Record<ServerFileName, string>>

/** What TLS is told; the same members for `createServer` and `setSecureContext`. */
export interface ServerContext {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly minVersion: 'TLSv1.3'
}

const MAX_CHAIN = 16

/** @throws TypeError that names the file, when these cannot serve together. */
export function serverContext(paths: ServerFiles, texts: ServerFileTexts): ServerContext {
  const fault = (name: ServerFileName, what: string, cause?: unknown) =>
    new TypeError(`${name}: ${paths[name]} ${what}`, { cause })
  const [certificate] = pemCertificates(texts.certFile, MAX_CHAIN)?.certificates ?? []
  if (certificate === undefined) throw fault('certFile', 'holds no certificate, or one that cannot be read')
  authoritiesIn(`clientCaFile: ${paths.clientCaFile}`, texts.clientCaFile)
  const key = privateKey(texts.keyFile, (cause) => fault('keyFile', 'holds no private key that can be read', cause))
  if (!certificate.x509.checkPrivateKey(key)) {
    throw fault('keyFile', `is not the key of the certificate in ${paths.certFile}`)
  }
  const context = {
    cert: texts.certFile,
    key: texts.keyFile,
    ca: texts.clientCaFile,
    minVersion: 'TLSv1.3',
  } as const
  try {
    tls().createSecureContext(context)
  } catch (cause) {
    throw fault('certFile', `cannot be served: ${(cause as Error).message}`, cause)
  }
  return Object.freeze(context)
}

function privateKey(text: string, fault: (cause: unknown) => Error) {
  try {
    return createPrivateKey(text)
  } catch (cause) {
    throw fault(cause)
  }
}

/** Loaded where a service has TLS, and not for all others. */
const tls = (): typeof import('node:tls') => createRequire(import.meta.url)('node:tls')
