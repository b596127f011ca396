import { isObject, type JsonObject } from '../../lib/json-value.js'
import { withinTime } from '../../lib/within-time.js'
import { isSecureUrl, textWithin } from '../fetch-json.js'
import { DISCOVERY_TIMEOUT_MS, discover } from '../issuers/discovery.js'
import type { Issuer } from '../issuers/trusted-issuer.js'
import type { ClientAuthentication } from './client-authentication.js'
import { NoAnswer } from './no-answer.js'
import { SIGNED_ANSWER, signedAnswer } from './signed-answer.js'

export interface EndpointOptions {
  readonly endpoint: string | undefined
  readonly clientAuth: ClientAuthentication
  readonly timeoutMs: number
  readonly signedAnswers: boolean
}

/** What was answered, unjudged. */
export interface EndpointAnswer {
  readonly members: JsonObject
  /** Of the text, in characters. */
  readonly size: number
}

const MAX_ANSWER_BYTES = 256 * 1024

/** What may come of one strange token, while others get their answers. */
const STATUSES_OF_A_TOKEN: readonly number[] = [400, 413, 414, 422, 500]

/** The introspection endpoint of one issuer (RFC 7662 section 2), found when it is first needed. */
export class IntrospectionEndpoint {
  readonly #issuer: Pick<Issuer, 'rules' | 'signedBy'>
  readonly #options: EndpointOptions
  readonly #accept: string
  #url: string | undefined
  #discovery: Promise<string> | undefined

  constructor(issuer: Pick<Issuer, 'rules' | 'signedBy'>, options: EndpointOptions) {
    this.#issuer = issuer
    this.#options = options
    this.#url = options.endpoint
    this.#accept = options.signedAnswers ? SIGNED_ANSWER : 'application/json'
  }

  /** @throws Error (rejects) for anything but an answer as RFC 7662 or RFC 9701 has them, within the time and size. */
  ask(token: string, nowMs: number): Promise<EndpointAnswer> {
    return withinTime(this.#options.timeoutMs, (signal) => this.#askUntil(token, nowMs, signal))
  }

  /** After a failure: it may have moved. */
  forget(): void {
    this.#url = this.#options.endpoint
  }

  async #askUntil(token: string, nowMs: number, signal: AbortSignal): Promise<EndpointAnswer> {
    const { clientAuth } = this.#options
    const { issuer, fetch } = this.#issuer.rules
    const url = this.#url ?? (await this.#discovered())
    const { headers, form } = await clientAuth.authenticate({ issuer, nowMs })
    const response = await (clientAuth.fetch ?? fetch)(url, {
      method: 'POST',
      headers: { accept: this.#accept, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ token, token_type_hint: 'access_token', ...form }).toString(),
      redirect: 'error',
      signal,
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw refusedBy(response.status)
    }
    return this.#read(response, nowMs)
  }

  async #read(response: Response, nowMs: number): Promise<EndpointAnswer> {
    const type = (response.headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
    const isSigned = type === SIGNED_ANSWER
    if (!isSigned && (this.#options.signedAnswers || type !== 'application/json')) {
      await response.body?.cancel()
      const wanted = this.#options.signedAnswers ? 'a signed answer' : 'JSON'
      throw new NoAnswer(`the introspection endpoint did not answer with ${wanted}`)
    }
    const text = await textWithin(response, 'the introspection endpoint', MAX_ANSWER_BYTES)
    const members = isSigned
      ? await signedAnswer(text, this.#issuer, this.#options.clientAuth.clientId, nowMs)
      : jsonObject(text)
    if (members === undefined) throw new NoAnswer('the introspection endpoint answered with no JSON object')
    return { members, size: text.length }
  }

  /** One discovery, however many wait: it takes its own time, so that a request that gave up does not waste it. */
  #discovered(): Promise<string> {
    this.#discovery ??= withinTime(DISCOVERY_TIMEOUT_MS, (signal) => this.#discover(signal))
      .then((url) => {
        this.#url = url
        return url
      })
      .finally(() => {
        this.#discovery = undefined
      })
    return this.#discovery
  }

  async #discover(signal: AbortSignal): Promise<string> {
    const { issuer, fetch } = this.#issuer.rules
    const document = await discover(issuer, fetch, signal)
    // RFC 8705 section 5: where certificates are asked for, the endpoint may be another one.
    const aliases = this.#options.clientAuth.method === 'tls_client_auth' ? document.mtls_endpoint_aliases : undefined
    const alias = isObject(aliases) ? aliases.introspection_endpoint : undefined
    const endpoint = alias ?? document.introspection_endpoint
    if (!isSecureUrl(endpoint)) throw new Error(`the metadata of ${issuer} has no introspection_endpoint over TLS`)
    return endpoint
  }
}

function refusedBy(status: number): NoAnswer {
  const why = status === 401 || status === 403 ? ': it refuses the credentials of this service' : ''
  return new NoAnswer(`the introspection endpoint answered ${status}${why}`, {
    isOfToken: STATUSES_OF_A_TOKEN.includes(status),
  })
}

/** What JSON.parse says of bad text would quote it. */
function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
