import type { RawAnswer } from '@wardline/test-kit'
import { expect } from 'vitest'
import type { AuditEvent } from 'wardline'
import type { Row } from './row.js'
import type { Tokens } from './tokens.js'

/** Text that rows put where secrets stand: in queries, bodies, cookies, keys. It must not come out anywhere. */
export const SECRET = 's3cr3t-of-the-caller'

/** Statuses of denials whose reason is the caller's to know (RFC 9457 section 5: no detail that helps a stranger). */
const TELLS_CODE = new Set([400, 403, 405, 408, 413, 415, 421, 422, 429])

/** What holds for every answer, and what `row` says of this one. */
export function checkAnswer(row: Row, answer: RawAnswer, traceId: string): void {
  expect(answer.status, answer.body).toBe(row.status)
  for (const [name, expected] of Object.entries(row.headers ?? {})) checkField(name, answer.headers[name], expected)
  if (row.request.method === 'HEAD') expect(answer.body).toBe('')
  else if (row.denied !== undefined) checkProblem(row, answer, traceId)
  if (row.denied !== undefined) checkRefusal(row, answer)
  for (const [member, value] of Object.entries(row.body ?? {})) expect(jsonOf(answer)[member]).toEqual(value)
}

function checkField(name: string, value: string | undefined, expected: string | RegExp | null): void {
  if (expected === null) expect(value, name).toBeUndefined()
  else if (typeof expected === 'string') expect(value, name).toBe(expected)
  else expect(value ?? '', name).toMatch(expected)
}

/** RFC 9110 sections 10.2.3, 11.6.1, 15.5.2; RFC 9457 section 3. */
function checkRefusal({ status, request }: Row, { headers, body }: RawAnswer): void {
  expect(headers['content-type']).toBe('application/problem+json')
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['content-length']).toMatch(/^\d+$/)
  if (request.method !== 'HEAD') expect(headers['content-length']).toBe(String(body.length))
  if (status === 401) expect(headers['www-authenticate']).toMatch(/^(?:Bearer|DPoP|ApiKey|Basic|ClientCertificate)/)
  if (status === 429 || status === 503) expect(headers['retry-after']).toMatch(/^[1-9]\d*$/)
  else expect(headers['retry-after']).toBeUndefined()
}

function checkProblem({ status, denied, issues }: Row, answer: RawAnswer, traceId: string): void {
  const problem = jsonOf(answer)
  const { type, title, status: told, instance, code, detail, issues: found, 'violated-policies': violated } = problem
  const known = { type, title, status: told, instance, code, detail, issues: found, 'violated-policies': violated }
  expect(problem).toEqual(JSON.parse(JSON.stringify(known)))
  expect(type).toBe(status === 429 ? 'https://iana.org/assignments/http-problem-types#quota-exceeded' : 'about:blank')
  expect(title).toMatch(/^[A-Z]/)
  expect(told).toBe(status)
  expect(instance.replaceAll('-', '')).toBe(`urn:uuid:${traceId}`)
  expect(code).toBe(TELLS_CODE.has(status) ? denied : undefined)
  if (!TELLS_CODE.has(status)) expect(detail).toBeUndefined()
  expect(found).toEqual(issues)
  expect(violated === undefined || status === 429).toBe(true)
}

/** The body came over the socket byte by byte. */
const jsonOf = ({ body }: RawAnswer) => JSON.parse(Buffer.from(body, 'latin1').toString())

/** OWASP Logging Vocabulary, by status. */
const EVENTS: Readonly<Record<number, readonly [kind: string, event: string]>> = {
  401: ['unauthenticated', 'authn_login_fail'],
  403: ['forbidden', 'authz_fail'],
  404: ['forbidden', 'authz_fail'],
  429: ['exhausted', 'excess_rate_limit_exceeded'],
  500: ['internal', 'sys_monitor_disabled'],
  503: ['unavailable', 'sys_monitor_disabled'],
}
const INVALID = ['invalid', 'input_validation_fail'] as const

/** What holds for the one event of every request, and what `row` says of this one. */
export function checkEvent(row: Row, event: AuditEvent): void {
  const [kind, name] = EVENTS[row.status] ?? INVALID
  const patterns = Object.entries(row.event ?? {}).map(
    ([field, value]) => [field, value instanceof RegExp ? expect.stringMatching(value) : value] as const,
  )
  expect(event).toMatchObject({
    status: row.status,
    method: row.request.method ?? 'GET',
    ...(row.denied === undefined
      ? { decision: 'allow', kind: 'allowed', code: 'allowed' }
      : { decision: 'deny', kind, event: name, code: row.denied }),
    ...Object.fromEntries(patterns),
  })
  expect(new Date(event.time).toISOString()).toBe(event.time)
  expect(event.durationMs).toBeGreaterThanOrEqual(0)
}

/** No token, not even one of its parts, and no secret of the caller, in whatever encoding. */
export function checkSecrecy(texts: readonly string[], tokens: Tokens): void {
  const secrets = [
    SECRET,
    ...Object.values(tokens).flatMap((token) => token.split('.').filter((part) => part.length > 20)),
  ]
  const encodings = (secret: string) => [
    secret,
    Buffer.from(secret).toString('base64url').slice(0, -2),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
  ]
  const forbidden = new Set(secrets.flatMap(encodings))
  for (const text of texts) expect([...forbidden].filter((secret) => text.includes(secret))).toEqual([])
}
