import { beforeAll, expect, test } from 'vitest'
import { toHttp } from '../../../src/http/index.js'
import { evaluate } from '../../../src/index.js'
import { contextFor } from '../../support/context.js'
import { ask, askWith, FakeIssuer } from '../../support/fake-issuer.js'

const idp = new FakeIssuer()
/** One has verified the token that the rows are about, the other never remembers. */
const guards = [idp.guard(), idp.guard({ cachedTokens: 0 })] as const
const token = idp.token()
beforeAll(async () => expect(await ask(guards[0], token)).toMatchObject({ allowed: true }))

const MISSING = { kind: 'unauthenticated', code: 'token_missing', status: 401, challenge: 'Bearer realm="orders-api"' }
const MALFORMED = {
  kind: 'invalid',
  code: 'token_malformed',
  status: 400,
  challenge: 'Bearer realm="orders-api", error="invalid_request"',
}
const REFUSED = {
  kind: 'unauthenticated',
  code: 'token_malformed',
  status: 401,
  challenge: 'Bearer realm="orders-api", error="invalid_token"',
}

async function answerTo(fields: readonly string[], rest: Parameters<typeof contextFor>[0] = {}) {
  const headers = fields.map((value) => ['authorization', value] as const)
  const [answer, other] = await Promise.all(
    guards.map(async (guard) => evaluate(guard, contextFor({ ...rest, headers }), {})),
  )
  expect(answer).toEqual(other)
  if (answer!.allowed) return 'allowed'
  const { status, headers: sent } = toHttp(answer!)
  return { kind: answer!.kind, code: answer!.code, status, challenge: new Map(sent).get('www-authenticate') }
}

test.each([[`Bearer ${token}`], [`bearer ${token}`], [`BEARER ${token}`], [`bEaReR    ${token}`]])(
  '%.12s is read (RFC 9110 section 11.1)',
  async (field) => expect(await answerTo([field])).toBe('allowed'),
)

test.each([
  ['no field', []],
  ['an empty field', ['']],
  ['another scheme', ['Basic dXNlcjpwYXNz']],
  ['another scheme, joined', [`Basic dXNlcjpwYXNz, Bearer ${token}`]],
  ['DPoP', [`DPoP ${token}`]],
  ['no scheme', [token]],
  ['no space', [`Bearer${token}`]],
  ['a tab', [`Bearer\t${token}`]],
  ['a no-break space', [`Bearer\xa0${token}`]],
  ['a line break', [`Bearer\n${token}`]],
  ['a comma', [`Bearer,${token}`]],
  ['a scheme that begins so', [`BearerToken ${token}`]],
])('%s is no bearer token: 401 without an error code (RFC 6750 section 3.1)', async (_name, fields) => {
  expect(await answerTo(fields)).toEqual(MISSING)
})

test.each([
  ['no token', ['Bearer']],
  ['no token but a space', ['Bearer ']],
  ['a space behind', [`Bearer ${token} `]],
  ['a tab in between', [`Bearer \t${token}`]],
  ['two tokens', [`Bearer ${token} ${token}`]],
  ['two tokens, joined', [`Bearer ${token}, Bearer ${token}`]],
  ['two tokens, joined closely', [`Bearer ${token},${token}`]],
  ['a parameter', [`Bearer token="${token}"`]],
  ['quotes', [`Bearer "${token}"`]],
  ['padding alone', ['Bearer ==']],
  ['padding inside', ['Bearer a=b']],
  ['a line break behind', [`Bearer ${token}\n`]],
  ['a NUL behind', [`Bearer ${token}\0`]],
  ['JSON', ['Bearer {"payload":"","signature":""}']],
  ['a character beyond ASCII', [`Bearer ${token}\xe9`]],
])('%s: 400 invalid_request (RFC 6750 section 3.1)', async (_name, fields) => {
  expect(await answerTo(fields)).toEqual(MALFORMED)
})

test.each([
  ['two fields', [`Bearer ${token}`, `Bearer ${token}`]],
  ['two fields, the second of another scheme', [`Bearer ${token}`, 'Basic dXNlcjpwYXNz']],
  ['two fields, the first of another scheme', ['Basic dXNlcjpwYXNz', `Bearer ${token}`]],
  ['two fields, the first empty', ['', `Bearer ${token}`]],
  ['two fields, the second empty', [`Bearer ${token}`, '']],
])('%s: 400 invalid_request (RFC 6750 section 3.1)', async (_name, fields) => {
  expect(await answerTo(fields)).toEqual({ ...MALFORMED, code: 'token_repeated' })
})

test.each([['Bearer opaque'], ['Bearer a.b'], ['Bearer abc=='], ['Bearer -._~+/'], ['bearer .'], ['Bearer Bearer']])(
  '%s is well written, but no token of this issuer: 401 invalid_token',
  async (field) => expect(await answerTo([field])).toEqual(REFUSED),
)

test('a token in the query or in a form is not looked at (RFC 6750 section 5.3)', async () => {
  const form = `access_token=${token}`
  const anywhereElse = { method: 'POST', query: form, body: form, parsed: { access_token: token }, params: { token } }
  expect(await answerTo([], anywhereElse)).toEqual(MISSING)
})

test('the realm of the challenge is quoted', async () => {
  const answer = await askWith(idp.guard({ realm: 'the "orders" \\ api' }), 'Basic x')
  if (answer.allowed) throw new Error('allowed')
  const challenge = new Map(toHttp(answer).headers).get('www-authenticate')
  expect(challenge).toBe('Bearer realm="the \\"orders\\" \\\\ api"')
})
