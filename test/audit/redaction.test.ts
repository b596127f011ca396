import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.js'
import { auditLine } from '../../src/audit/line.js'
import { traceId } from '../../src/audit/trace-id.js'
import { allow, challenge, type Decision, exhaust, forbid, internal, invalid, unavailable } from '../../src/decision.js'
import { contextFor } from '../support/context.js'
import { principal } from '../support/guards.js'

/** Distinct enough that it does not stand in a line by chance. */
const secret = fc
  .tuple(fc.string({ unit: 'grapheme', minLength: 4, maxLength: 40 }), fc.uuid())
  .map(([text, id]) => `${text}${id}`)

const encodings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => Buffer.from(text).toString('base64').replaceAll('=', ''),
  (text) => Buffer.from(text).toString('base64url'),
  (text) => Buffer.from(text).toString('hex'),
  (text) => Buffer.from(text).toString('hex').toUpperCase(),
  (text) => encodeURIComponent(text),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  (text) => text.replace(/^.*?([0-9a-f]{8}-)/s, '$1'),
]

/** What a policy may have learnt on the way to its answer. */
const factsWith = (text: string) => ({
  principal: { ...principal('alice'), claims: { token: text, email: text }, tenant: text, scopes: new Set([text]) },
  input: { body: { password: text }, query: { token: text } },
})

const decisionsWith = (text: string): readonly Decision<object>[] =>
  [
    allow(factsWith(text), [['set-cookie', text]]),
    { ...challenge('token_invalid', { scheme: 'Bearer', params: { realm: text } }), cause: text },
    forbid('role_missing', text),
    invalid('invalid_body', text, { issues: [{ pointer: text, detail: text }], headers: [['x-a', text]] }),
    exhaust('rate_limited', 3, [text]),
    unavailable('keys_unavailable', 3, { response: text }),
    internal(text),
    internal(new Error(`the guard failed on ${Buffer.from(text.repeat(2)).toString('base64url')}`)),
  ].map((decision) => ({ facts: factsWith(text), ...decision }) as Decision<object>)

describe('a secret that a request brings is not in its line', () => {
  test('in a query, a header, a cookie or a body, in any encoding', () => {
    fc.assert(
      fc.property(secret, fc.constantFrom(...encodings), (text, encode) => {
        const sent = encode(text)
        const ctx = contextFor({
          path: `/orders?token=${sent}`,
          query: `token=${sent}`,
          headers: [
            ['authorization', `Bearer ${sent}`],
            ['cookie', `session=${sent}`],
            ['x-api-key', sent],
            ['traceparent', sent],
            ['user-agent', sent],
            ['referer', `https://orders.example/?token=${sent}`],
          ],
          params: { id: sent },
          body: sent,
          parsed: { password: sent },
        })
        for (const decision of decisionsWith(sent)) {
          const about = { ctx, decision, policy: 'orders', status: 200, traceId: traceId(ctx.headers) }
          const line = auditLine(auditEvent({ ...about, arrivedMs: ctx.nowMs, endedMs: ctx.nowMs, notices: undefined }))
          for (const other of encodings) {
            expect(line).not.toContain(other(text))
            expect(line).not.toContain(other(sent))
          }
        }
      }),
    )
  })

  test('in an error, once it is as long as a token', () => {
    const token = fc.array(fc.constantFrom(...'AZaz09-_.~+/='), { minLength: 40 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(token, fc.constantFrom('', ' ', '"', ': '), (text, mark) => {
        const error = new Error(`cannot read${mark || ' '}${text}${mark}`, { cause: new Error(`${text}${mark}`) })
        const ctx = contextFor()
        const about = { ctx, policy: 'orders', status: 500, traceId: traceId(ctx.headers), arrivedMs: 0, endedMs: 0 }
        const { cause } = auditEvent({ ...about, decision: internal(error), notices: undefined })
        expect(cause).not.toContain(text.slice(0, 20))
        expect(cause).not.toContain(text.slice(-20))
      }),
    )
  })

  test('in the path, where it is a JWT', () => {
    const base64url = fc
      .uint8Array({ minLength: 8, maxLength: 64 })
      .map((bytes) => Buffer.from(bytes).toString('base64url'))
    const claims = fc.dictionary(
      fc.string().map((text) => `x-${text}`),
      fc.json(),
    )
    fc.assert(
      fc.property(claims, base64url, base64url, (header, payload, signature) => {
        const head = Buffer.from(JSON.stringify({ alg: 'ES256', ...header })).toString('base64url')
        const ctx = contextFor({ path: `/verify/${head}.${payload}.${signature}` })
        const about = { ctx, policy: 'orders', status: 404, traceId: traceId(ctx.headers), arrivedMs: 0, endedMs: 0 }
        const event = auditEvent({ ...about, decision: forbid('hidden'), notices: undefined })
        expect(event.path).toBe('/verify/[token]')
      }),
    )
  })
})
