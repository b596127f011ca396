import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  all,
  certificateSource,
  clientSecretBasic,
  type Decision,
  type DpopOptions,
  dpop,
  evaluate,
  type Guard,
  type IssuerOptions,
  introspect,
  jwt,
  mtls,
  type ProtectedResourceOptions,
  protectedResource,
  type RequireAuthenticationOptions,
  requireAuthentication,
} from '../../src/index.js'
import { read } from '../repository/sources.js'
import { contextFor, type TestRequest } from '../support/context.js'
import { challengeOf, outcomeOf } from '../support/outcome.js'
import type { Expected } from '../vectors/expected.js'
import { MEMBER_OF } from '../vectors/resource-metadata.js'

interface Case {
  readonly name: string
  readonly verifier?: object
  readonly expected: Expected
  readonly choice?: true
}

interface File<Input, Verifier> {
  readonly now: number
  readonly verifier: Verifier & Pick<IssuerOptions, 'issuer' | 'audience' | 'algorithms' | 'clockToleranceSeconds'>
  readonly keys: { readonly issuer: { readonly keys: readonly object[] } }
  readonly cases: readonly (Case & Input)[]
}

type Settings<F extends { readonly verifier: unknown }> = F['verifier']

/** Nothing but the file: what any other verifier has of a case. */
const fileOf = <F>(standard: string): F => JSON.parse(read(`test/vectors/json/${standard}.json`))

const settingsOf = <F extends File<object, object>>({ verifier }: F, own: Case): Settings<F> => ({
  ...verifier,
  ...own.verifier,
})

const tokensOf = ({ verifier, keys }: File<unknown, object>): IssuerOptions => {
  const { issuer, audience, algorithms, clockToleranceSeconds } = verifier
  return { issuer, audience, algorithms, clockToleranceSeconds, jwks: keys.issuer }
}

const ask = async (guard: Guard<object, object>, now: number, request: TestRequest): Promise<Decision> =>
  evaluate(guard, contextFor({ ...request, nowMs: now * 1000 }), {})

const bearer = (token: string): TestRequest => ({ headers: [['authorization', `Bearer ${token}`]] })

describe('RFC 9068', () => {
  const file = fileOf<File<{ readonly token: string }, object>>('rfc9068')
  const guard = jwt(tokensOf(file))

  test.each(file.cases)('$name', async ({ token, expected }) => {
    expect(outcomeOf(await ask(guard, file.now, bearer(token)))).toEqual(expected)
  })

  test('jose, with the checks of section 4 and no other, differs where no standard decides', async () => {
    const { issuer, audience, algorithms, clockToleranceSeconds: clockTolerance } = file.verifier
    const keys = jose.createLocalJWKSet(file.keys.issuer as jose.JSONWebKeySet)
    const currentDate = new Date(file.now * 1000)
    const checks = { issuer, audience, algorithms: [...algorithms!], clockTolerance, currentDate, typ: 'at+jwt' }
    const different: Case[] = []
    for (const own of file.cases) {
      const allowed = await jose
        .jwtVerify(own.token, keys, { ...checks, requiredClaims: ['exp'] } as jose.JWTVerifyOptions)
        .then(
          () => true,
          () => false,
        )
      if (allowed !== own.expected.allowed) different.push(own)
    }
    expect(different.length).toBeGreaterThan(40)
    // jose reads base64url with padding, which RFC 7515 section 5.2 does not let it
    expect(different.filter(({ choice }) => !choice).map(({ name }) => name)).toEqual([
      'token: a signature with padding',
    ])
  })
})

describe('RFC 9449', () => {
  interface Sent {
    readonly method: string
    readonly uri: string
    readonly authorization: string
    readonly proofs: readonly string[]
  }
  interface Rules {
    readonly origin: string
    readonly proofAlgorithms: NonNullable<DpopOptions['algorithms']>
    readonly proofMaxAgeSeconds: number
    readonly proofClockToleranceSeconds: number
    readonly required: boolean
  }
  const file = fileOf<File<Partial<Sent>, Rules> & { readonly request: Omit<Sent, 'proofs'> }>('rfc9449')
  const { origin, proofAlgorithms, proofMaxAgeSeconds, proofClockToleranceSeconds } = file.verifier
  const guardThat = (required: boolean) =>
    jwt({
      ...tokensOf(file),
      proofs: [
        dpop({
          origin,
          algorithms: proofAlgorithms,
          maxAgeSeconds: proofMaxAgeSeconds,
          clockToleranceSeconds: proofClockToleranceSeconds,
          required,
        }),
      ],
    })
  const guards = { lenient: guardThat(false), strict: guardThat(true) }

  test.each(file.cases)('$name', async (own) => {
    const { method, uri, authorization, proofs } = { ...file.request, ...own } as Sent
    const { pathname, search } = new URL(uri)
    const fields = proofs.map((proof) => ['DPoP', proof] as const)
    const request = { method, path: pathname, query: search.slice(1) }
    const guard = settingsOf(file, own).required ? guards.strict : guards.lenient
    const headers = [['authorization', authorization] as const, ...fields]
    expect(outcomeOf(await ask(guard, file.now, { ...request, headers }))).toEqual(own.expected)
  })
})

describe('RFC 8705', () => {
  interface Rules {
    readonly authority: string
    readonly trustDomain: string
    readonly path: string
    readonly required: boolean
  }
  interface Sent {
    readonly token: string
    readonly certificate?: string
  }
  type Certificates = Readonly<Record<string, { readonly certificate: string }>>
  const file = fileOf<File<Sent, Rules> & { readonly certificates: Certificates }>('rfc8705')
  const { authority, trustDomain, path } = file.verifier
  const source = certificateSource({ ca: new X509Certificate(Buffer.from(authority, 'base64')).toString() })
  const guardThat = (required: boolean) =>
    jwt({
      ...tokensOf(file),
      proofs: [mtls({ source, allow: [{ spiffe: { trustDomain, paths: [path] } }], required })],
    })
  const guards = { lenient: guardThat(false), strict: guardThat(true) }

  test.each(file.cases)('$name', (own) => {
    const ctx = contextFor({ ...bearer(own.token), nowMs: file.now * 1000 })
    const x509 =
      own.certificate === undefined
        ? undefined
        : new X509Certificate(Buffer.from(file.certificates[own.certificate]!.certificate, 'base64'))
    const peer = { ...ctx.peer, encrypted: true, certificate: () => x509 }
    const guard = settingsOf(file, own).required ? guards.strict : guards.lenient
    expect(outcomeOf(evaluate(guard, { ...ctx, peer }, {}) as Decision)).toEqual(own.expected)
  })
})

describe('RFC 9470', () => {
  type Rules = Pick<RequireAuthenticationOptions, 'acr' | 'amr' | 'maxAgeSeconds' | 'clockToleranceSeconds'>
  type Asked = Readonly<Record<string, string>>
  const file = fileOf<File<{ readonly token: string }, Rules>>('rfc9470')
  const { acr, amr, maxAgeSeconds, clockToleranceSeconds } = file.verifier
  const guard = all(
    jwt(tokensOf(file)),
    requireAuthentication({ acr, amr, maxAgeSeconds, clockToleranceSeconds: clockToleranceSeconds! }),
  )

  test.each(file.cases)('$name', async ({ token, expected }) => {
    const decision = await ask(guard, file.now, bearer(token))
    const { challenge, ...outcome } = expected as Expected & { readonly challenge?: Asked }
    expect(outcomeOf(decision)).toEqual(outcome)
    const { error, error_description, ...asked } = challengeOf(decision) ?? {}
    expect(asked).toEqual(challenge ?? {})
  })
})

describe('RFC 7662', () => {
  interface Answered {
    readonly token: string
    readonly response: { readonly status: number; readonly contentType: string; readonly body: string }
  }
  interface Rules {
    readonly clientId: string
    readonly signedAnswers: boolean
  }
  const file = fileOf<File<Answered, Rules>>('rfc7662')
  const responses = new Map(file.cases.map(({ token, response }) => [token, response]))
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const { status, contentType, body } = responses.get(form.get('token')!)!
      response.writeHead(status, contentType === '' ? {} : { 'content-type': contentType }).end(body)
    })
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })

  test.each(file.cases)('$name', async (own) => {
    const { clientId, signedAnswers } = settingsOf(file, own)
    // a guard of its own: one that cannot learn of a token rests before it asks again
    const guard = introspect({
      ...tokensOf(file),
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect`,
      clientAuth: clientSecretBasic({ clientId, clientSecret: 'of no matter here' }),
      signedAnswers,
    })
    expect(outcomeOf(await ask(guard, file.now, bearer(own.token)))).toEqual(own.expected)
  })
})

describe('RFC 9728', () => {
  type Members = Readonly<Record<string, unknown>>
  interface Published {
    readonly name: string
    readonly publish: true
    readonly document: Members
    readonly metadataUrl?: string
    readonly expected: { readonly allowed: boolean; readonly member?: string }
  }
  interface Received {
    readonly name: string
    readonly publish: false
    readonly resource: string
    readonly metadataUrl: string
    readonly response: { readonly status: number; readonly contentType: string; readonly body: string }
    readonly expected: { readonly allowed: boolean }
  }
  const { cases } = fileOf<{ readonly cases: readonly (Published | Received)[] }>('rfc9728')
  const options = Object.entries(MEMBER_OF)

  /** How this library is told to publish `document`. */
  const optionsFor = ({ bearer_methods_supported, ...document }: Members): ProtectedResourceOptions => {
    const known = options
      .filter(([, member]) => member in document)
      .map(([option, member]) => [option, document[member]])
    const more = Object.entries(document).filter(([name]) => !options.some(([, member]) => member === name))
    return { ...Object.fromEntries(known), more: Object.fromEntries(more) }
  }

  test.each(cases.filter(({ publish }) => publish) as readonly Published[])(
    '$name',
    ({ document, metadataUrl, expected }) => {
      const publish = () => protectedResource(optionsFor(document))
      if (expected.allowed) {
        const made = publish()
        expect([made.metadata, made.metadataUrl]).toEqual([document, metadataUrl])
      } else {
        const [option] = options.find(([, member]) => member === expected.member)!
        expect(publish).toThrow(TypeError)
        expect(publish).toThrow(new RegExp(`^${option}\\b`))
      }
    },
  )

  // this library is no client: oauth4webapi is
  test.each(cases.filter(({ publish }) => !publish) as readonly Received[])(
    '$name',
    async ({ resource, metadataUrl, response: { status, contentType, body }, expected }) => {
      const asked: string[] = []
      const response = await oauth.resourceDiscoveryRequest(new URL(resource), {
        [oauth.customFetch]: async (url) => {
          asked.push(url)
          return new Response(body, { status, headers: { 'content-type': contentType } })
        },
      })
      const document = oauth.processResourceDiscoveryResponse(new URL(resource), response)
      expect(asked).toEqual([metadataUrl])
      await (expected.allowed
        ? expect(document).resolves.toEqual(JSON.parse(body))
        : expect(document).rejects.toThrow(Error))
    },
  )
})
