import type { Server, ServerOptions } from 'node:https'
import { tell } from '../../lib/listener.js'
import { callable, integerBetween, knownOptions, nonEmptyString, oneOf } from '../../lib/options.js'
import { WatchedFile } from '../../lib/watched-file.js'
import { type ServerFileName, type ServerFiles, type ServerFileTexts, serverContext } from './server-context.js'

/** Files to serve TLS from, and what is asked of callers. */
export interface SecureServerOptions extends ServerFiles {
  /**
   * `asked`: callers without a certificate, or with a bad one, get in as nobody, and guards decide (`mtls()`). `required`:
   * their handshake fails. Default: `asked`.
   */
  readonly clientCertificates?: 'asked' | 'required' | undefined
  /** How often the files are looked at, in milliseconds, 100 to 60 000. Default: 1000. */
  readonly reloadMs?: number | undefined
  /** Told what became of the files. What it throws is ignored. Default: nobody is. */
  readonly onEvent?: ((event: SecureServerEvent) => void) | undefined
}

/** Something that happened to the files of a server. */
export type SecureServerEvent =
  /** New files are in force, for new connections. */
  | { readonly event: 'tls_files_loaded' }
  /** The files cannot be used: those before stay in force. Told once for each fault. */
  | { readonly event: 'tls_files_refused'; readonly cause: unknown }

/** TLS of a service whose certificates change while it runs. */
export interface SecureServer {
  /** For `https.createServer`: TLS 1.3 and nothing older, client certificates asked for. */
  readonly options: ServerOptions
  /**
   * Has the server take up what `options` were made of when it changes, until it closes. At most 64 at a time: one more is
   * a `TypeError`.
   */
  readonly follow: <S extends Server>(server: S) => S
  /** The client authorities in force, PEM: for `certificateSource({ ca })`. */
  readonly clientCa: () => string
  /** Looks at the files no more. */
  readonly close: () => void
}

/**
 * Serves TLS from files that may be replaced at any time. A new certificate, key or set of client authorities is used for
 * all connections from then on; open ones stay. Sessions begun with the set before are not resumed. A set that cannot be
 * used, a certificate with the key of another above all, leaves the one before in force.
 *
 * @throws TypeError for an option out of its range, and for a file that cannot be used, which it names.
 */
export function secureServer(options: SecureServerOptions): SecureServer {
  knownOptions('secureServer()', options, OPTIONS)
  const paths = {
    certFile: filePath('certFile', options.certFile),
    keyFile: filePath('keyFile', options.keyFile),
    clientCaFile: filePath('clientCaFile', options.clientCaFile),
  }
  const certificates = oneOf('clientCertificates', options.clientCertificates ?? 'asked', ['asked', 'required'])
  const reloadMs = integerBetween('reloadMs', options.reloadMs ?? 1_000, 100, 60_000)
  const onEvent = options.onEvent === undefined ? undefined : callable('onEvent', options.onEvent)
  const files = new WatchedServerFiles(paths, onEvent)
  const timer = setInterval(() => void files.look(), reloadMs)
  timer.unref()

  return Object.freeze({
    get options(): ServerOptions {
      const rejectUnauthorized = certificates === 'required'
      return { ...files.context, requestCert: true, rejectUnauthorized, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }
    },
    follow: <S extends Server>(server: S): S => {
      files.follow(server)
      return server
    },
    clientCa: () => files.context.ca,
    close: () => clearInterval(timer),
  })
}

const FILES = ['certFile', 'keyFile', 'clientCaFile'] as const satisfies readonly ServerFileName[]
const OPTIONS = [...FILES, 'clientCertificates', 'reloadMs', 'onEvent'] as const

/** Paths are shown in errors. What a file should hold, given in its place, is not: it may be the key. */
function filePath(name: ServerFileName, value: unknown): string {
  const path = nonEmptyString(name, value)
  if (!path.includes('-----BEGIN ')) return path
  throw new TypeError(`${name} must be the path of a PEM file, and not what is in it`)
}

const MAX_FILE_BYTES = 4 * 1024 * 1024
const MAX_SERVERS = 64
/** Node's own are two minutes, for whoever has sent nothing yet. */
const HANDSHAKE_TIMEOUT_MS = 10_000

class WatchedServerFiles {
  readonly #paths: ServerFiles
  readonly #onEvent: SecureServerOptions['onEvent']
  readonly #files: Readonly<Record<ServerFileName, WatchedFile>>
  readonly #servers = new Set<Server>()
  /** As the files were read last, whether or not they could be used. */
  #texts: ServerFileTexts
  #context: ReturnType<typeof serverContext>
  #toldFault: string | undefined
  #isLooking = false

  constructor(paths: ServerFiles, onEvent: SecureServerOptions['onEvent']) {
    this.#paths = paths
    this.#onEvent = onEvent
    this.#files = eachFile((name) => new WatchedFile(paths[name], MAX_FILE_BYTES))
    this.#texts = eachFile((name) => this.#readAtStart(name))
    this.#context = serverContext(paths, this.#texts)
  }

  get context() {
    return this.#context
  }

  follow(server: Server): void {
    if (this.#servers.size === MAX_SERVERS) throw new TypeError(`follow(): there are ${MAX_SERVERS} servers already`)
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
    // the files may have changed since its options were read
    server.setSecureContext(this.#context)
  }

  /** Never rejects. One at a time: a disk that hangs gets no second request. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      if (await this.#readChanged()) this.#use(serverContext(this.#paths, this.#texts))
    } catch (cause) {
      const fault = (cause as Error).message
      if (this.#toldFault !== fault) this.#tell({ event: 'tls_files_refused', cause })
      this.#toldFault = fault
    } finally {
      this.#isLooking = false
    }
  }

  /** Whether there is something new. What one file holds is kept though another cannot be read. */
  async #readChanged(): Promise<boolean> {
    const texts = { ...this.#texts }
    const looks = FILES.map(async (name) => {
      const file = this.#files[name]
      // one that is replaced while it is read is read again at once, and told only where that fails as well
      const text = await file.readChanged().catch(() => file.readChanged())
      if (text !== undefined) texts[name] = text
    })
    const faults = (await Promise.allSettled(looks)).map((look, index) => ({ look, name: FILES[index]! }))
    const isChanged = FILES.some((name) => texts[name] !== this.#texts[name])
    this.#texts = texts
    for (const { look, name } of faults) {
      if (look.status === 'rejected') throw this.#unreadable(name, look.reason)
    }
    return isChanged || this.#toldFault !== undefined
  }

  #use(context: ReturnType<typeof serverContext>): void {
    for (const server of this.#servers) server.setSecureContext(context)
    this.#context = context
    this.#toldFault = undefined
    this.#tell({ event: 'tls_files_loaded' })
  }

  #tell(event: SecureServerEvent): void {
    tell(this.#onEvent, event)
  }

  #readAtStart(name: ServerFileName): string {
    try {
      return this.#files[name].readAtStart()
    } catch (cause) {
      throw this.#unreadable(name, cause)
    }
  }

  #unreadable(name: ServerFileName, cause: unknown): TypeError {
    return new TypeError(`${name}: ${this.#paths[name]} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

const eachFile = <T>(make: (name: ServerFileName) => T): Record<ServerFileName, T> => ({
  certFile: make('certFile'),
  keyFile: make('keyFile'),
  clientCaFile: make('clientCaFile'),
})
