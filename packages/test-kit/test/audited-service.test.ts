import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Aftermath,
  type AuditedRequest,
  AuditedService,
  CANARY,
  NOTHING_WRONG,
  startService,
  stopLeftovers,
} from '../src/index.js'

/** Audits every request by the book, and does as its query says beside that. */
const SERVICE = `
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
const { AUDIT_LOG } = process.env
const write = (text) => (AUDIT_LOG ? appendFileSync(AUDIT_LOG, text) : process.stdout.write(text))
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://service.test')
  const traceId = request.headers.traceparent.split('-')[1]
  if (pathname === '/guarded') response.setHeader('ratelimit-policy', 'x')
  const seen = { from: request.socket.remoteAddress, type: request.headers['content-type'] }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(seen))
  const lines = Number(searchParams.get('lines') ?? 1)
  for (let i = 0; i < lines; i++) write(JSON.stringify({ traceId, path: searchParams.get('log') }) + '\\n')
  if (searchParams.has('tail')) write('{"half')
  if (searchParams.has('stderr')) process.stderr.write(searchParams.get('stderr') + '\\n')
  if (searchParams.has('exit')) process.exitCode = Number(searchParams.get('exit'))
})
server.listen(0, '127.0.0.1', () => process.stderr.write('tested: listening on http://127.0.0.1:' + server.address().port + '\\n'))
process.on('SIGTERM', () => server.close())
`

let folder: string
let script: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'audited-service-'))
  script = join(folder, 'service.mjs')
  writeFileSync(script, SERVICE)
})
afterAll(async () => {
  await stopLeftovers()
  rmSync(folder, { recursive: true })
})

class Tested extends AuditedService {
  static async start(env: Readonly<Record<string, string>> = {}): Promise<Tested> {
    return new Tested(await startService(script, env), env)
  }

  send = (request: AuditedRequest) => this.ask(request)
  leave = () => this.end()
}

const guarded = (query: Readonly<Record<string, string>> = {}): AuditedRequest => ({
  target: `/guarded?${new URLSearchParams(query)}`,
})

test.each([['standard output'], ['a file']])('a sound service, whose log is %s', async (where) => {
  const service = await Tested.start(where === 'a file' ? { AUDIT_LOG: join(folder, 'audit.log') } : {})
  const [first, second] = [
    await service.send(guarded()),
    await service.send({ ...guarded(), method: 'POST', json: {} }),
  ]
  expect(first.json.from).not.toBe(second.json.from)
  expect([first.json.type, second.json.type]).toEqual([undefined, 'application/json'])
  expect(await service.audit(first)).toEqual({ traceId: first.traceId, path: null })
  expect(await service.auditLines(second)).toHaveLength(1)
  expect((await service.send({ target: '/healthz?lines=0' })).status).toBe(200)
  expect(await service.leave()).toEqual(NOTHING_WRONG)
})

const SECRET = 'a-secret-of-sixteen'

test.each<[what: string, request: AuditedRequest, wrong: Partial<Aftermath>]>([
  ['an exit code', guarded({ exit: '3' }), { exitCode: 3 }],
  ['half a line', guarded({ tail: '' }), { unfinishedLine: '{"half' }],
  ['no audit line', guarded({ lines: '0' }), { wronglyAudited: [expect.objectContaining({ status: 200 })] }],
  ['two audit lines', guarded({ lines: '2' }), { wronglyAudited: [expect.objectContaining({ status: 200 })] }],
  ['an audit line of no guard', { target: '/healthz' }, { wronglyAudited: [expect.objectContaining({ status: 200 })] }],
  ['a secret in the log', guarded({ log: SECRET }), { secretsInLog: [SECRET] }],
  ['the canary in the log', guarded({ log: CANARY }), { secretsInLog: [CANARY] }],
  ['a secret on standard error', guarded({ stderr: SECRET }), { secretsOnStderr: [SECRET] }],
  ['a complaint', guarded({ stderr: 'tested: it hurts' }), { complaints: ['tested: it hurts'] }],
  ['a line of something else', guarded({ stderr: 'a warning' }), {}],
  ['an expected complaint', guarded({ stderr: 'tested: as expected' }), {}],
])('%s', async (_what, request, wrong) => {
  const service = await Tested.start()
  service.keepSecret(SECRET)
  service.expectComplaint(/as expected$/)
  await service.send(request)
  expect(await service.leave()).toEqual({ ...NOTHING_WRONG, ...wrong })
})

test('a service that does not say who it is', async () => {
  const nameless = join(folder, 'nameless.mjs')
  writeFileSync(nameless, SERVICE.replace("'tested: listening", "'it is listening"))
  const process = await startService(nameless, {})
  expect(() => new AuditedService(process, {})).toThrow('did not say who it is')
})

test('what was left behind is ended', async () => {
  const { process } = await Tested.start()
  await stopLeftovers()
  expect(await process.stop()).toBe(null)
})
