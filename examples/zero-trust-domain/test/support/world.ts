import { execFile } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CertificateOptions,
  CLIENT_SECRET,
  createTestCa,
  type Idp,
  type IdpOptions,
  LOOPBACK,
  startIdp,
  type TestCa,
  type TestCertificate,
} from '@wardline/test-kit'
import type { DpopCaller } from './dpop-caller.js'
import { MFA, nowSeconds } from './tokens.js'
import { type Identity, ISSUE_KEY, ORIGIN, ZeroTrustService } from './zero-trust-service.js'

export const AUDIENCE = 'zero-trust'
const TRUST_DOMAIN = 'example.org'

/** How the service says who it is when it asks about tokens. */
export const INTROSPECTOR = { clientId: 'the-service', clientSecret: CLIENT_SECRET } as const

export type Variables = Readonly<Record<string, string>>

/** Everything that a zero-trust service needs around it, apart from other test files. */
export class World {
  /** The first issuer. */
  readonly people: Idp
  /** Another one, whose tokens are JWTs. */
  readonly machines: Idp
  /** The one that is asked about its tokens. */
  readonly partners: Idp
  /** Who vouches for the service and for the services that call it. */
  readonly ca: TestCa
  readonly server: TestCertificate
  readonly directory: string

  constructor(idps: readonly [Idp, Idp, Idp], ca: TestCa, server: TestCertificate) {
    ;[this.people, this.machines, this.partners] = idps
    this.ca = ca
    this.server = server
    this.directory = mkdtempSync(join(tmpdir(), 'zero-trust-'))
    this.write('cert.pem', server.chainPem)
    this.write('key.pem', server.keyPem)
    this.write('client-ca.pem', ca.certPem)
    this.write('keys.json', '[]')
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** The three issuers, as ISSUERS has them. */
  get issuers(): readonly Readonly<Record<string, unknown>>[] {
    return [
      { issuer: this.people.issuer, audience: AUDIENCE, mode: 'jwt' },
      { issuer: this.machines.issuer, audience: AUDIENCE, mode: 'jwt' },
      { issuer: this.partners.issuer, audience: AUDIENCE, mode: 'introspection', ...INTROSPECTOR },
    ]
  }

  /** Good variables. */
  get variables(): Variables {
    return {
      TLS_CERT: this.path('cert.pem'),
      TLS_KEY: this.path('key.pem'),
      TLS_CLIENT_CA: this.path('client-ca.pem'),
      PUBLIC_ORIGIN: ORIGIN,
      ISSUERS: JSON.stringify(this.issuers),
      TRUST_DOMAIN,
      API_KEYS: this.path('keys.json'),
    }
  }

  start(script: string, more: Variables = {}): Promise<ZeroTrustService> {
    return ZeroTrustService.start(script, this.ca.certPem, { ...this.variables, ...more })
  }

  /** A service's certificate, by default a good SVID. */
  async identity(
    options: CertificateOptions = {},
    issuer: Pick<TestCa, 'issue'> = this.ca,
  ): Promise<Identity & TestCertificate> {
    const made = await issuer.issue({ uris: [`spiffe://${TRUST_DOMAIN}/service/${randomUUID()}`], ...options })
    return { ...made, cert: made.chainPem, key: made.keyPem }
  }

  /** A token as the people's provider issues it, bound to the caller's key. */
  dpopToken({ keys }: DpopCaller): Promise<string> {
    return this.people.token('app', { dpop: keys })
  }

  /** A token that only its issuer can read, of the provider that is asked about such tokens. */
  opaqueToken(): Promise<string> {
    return this.partners.token('partner')
  }

  /** Its issuer takes it back (RFC 7009). */
  async revoke(token: string): Promise<void> {
    const { status } = await fetch(`${this.partners.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`partner:${CLIENT_SECRET}`)}` },
      body: new URLSearchParams({ token }),
    })
    if (status !== 200) throw new Error(`the token was not revoked: ${status}`)
  }

  /** Runs issue-key for `keys.json` of this world, and gives what it prints. */
  issueKey(...args: readonly string[]): Promise<string> {
    return this.issueKeyIn('keys.json', ...args)
  }

  async issueKeyIn(name: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await issueKey('--file', this.path(name), ...args)
    if (code !== 0) throw new Error(`issue-key ended with ${code}: ${stderr}`)
    return stdout.trimEnd()
  }

  async close(): Promise<void> {
    rmSync(this.directory, { recursive: true })
    await Promise.all([this.people, this.machines, this.partners].map((idp) => idp.close()))
  }
}

export interface WorldOptions {
  /** Whether its providers may go away and come back. Default: false. */
  readonly pausable?: boolean
}

export async function startWorld({ pausable = false }: WorldOptions = {}): Promise<World> {
  const start = pausable ? startPausableIdp : startIdp
  const options = { audience: AUDIENCE, algorithm: 'ES256' } as const
  const ca = await createTestCa()
  const [people, machines, partners, server] = await Promise.all([
    start({
      ...options,
      clients: [{ id: 'app', scope: 'accounts:read payments:write', claims: { acr: MFA, auth_time: nowSeconds() } }],
    }),
    start({ ...options, clients: [] }),
    start({
      ...options,
      clients: [
        { id: INTROSPECTOR.clientId },
        { id: 'partner', scope: 'partner:read', format: 'opaque' },
        { id: 'partner-jwt', scope: 'partner:read' },
      ],
    }),
    ca.issue(LOOPBACK),
  ])
  return new World([people, machines, partners], ca, server)
}

/** On a port that the system gives to nobody else meanwhile. */
async function startPausableIdp(options: IdpOptions): Promise<Idp> {
  for (;;) {
    try {
      return await startIdp({ ...options, port: randomInt(20_000, 30_000) })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

/** What a process that ended by itself has left. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const issueKey = (...args: readonly string[]): Promise<Ended> => run(ISSUE_KEY, {}, args)

export function run(script: string, env: Variables, args: readonly string[] = []): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], { env, timeout: 10_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}
