import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Idp, startIdp, tokenFor } from '@wardline/test-kit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CLERK, ORDER } from './support/callers.js'
import { OrdersService, SERVICES } from './support/orders-service.js'

let idp: Idp
let directory: string
beforeAll(async () => {
  idp = await startIdp({ clients: [], algorithm: 'ES256' })
  directory = mkdtempSync(join(tmpdir(), 'orders-'))
})
afterAll(async () => {
  rmSync(directory, { recursive: true })
  await idp.close()
})

describe.each(SERVICES)('%s', { concurrent: true }, (name, script) => {
  const start = (env: Readonly<Record<string, string>> = {}) =>
    OrdersService.start(script, { ISSUER: idp.issuer, ...env })

  describe('configured by the environment', () => {
    test('HOST: where it listens; an empty variable is one that is not set', async () => {
      const empty = { JWKS_URI: '', AUDIENCE: '', AUDIT_LOG: '', TRUST_PROXY: '', REDIS_URL: '' }
      const service = await start({ HOST: '127.0.0.3', ...empty })
      expect(service.process.origin).toBe(`http://127.0.0.3:${service.process.port}`)
      const { status } = await fetch(`${service.process.origin}/nowhere`, {
        headers: { authorization: `Bearer ${await tokenFor(idp)}` },
      })
      expect(status).toBe(404)
      await service.close()
    })

    test('JWKS_URI overrides discovery', async () => {
      const own = await startIdp({ clients: [], algorithm: 'ES256' })
      const service = await start({ ISSUER: own.issuer, JWKS_URI: `${own.issuer}/jwks` })
      const answer = await service.send({ token: await tokenFor(own), target: '/nowhere' })
      expect(answer.status).toBe(404)
      expect([...own.requests]).toEqual([['/jwks', 1]])
      await Promise.all([service.close(), own.close()])
    })

    test("AUDIENCE: this service's identifier", async () => {
      const service = await start({ AUDIENCE: 'billing-api' })
      const statusOf = async (aud: string) =>
        (await service.send({ token: await tokenFor(idp, { aud }), target: '/nowhere' })).status
      expect([await statusOf('billing-api'), await statusOf('orders-api')]).toEqual([404, 401])
      const stranger = await service.send({ target: '/nowhere' })
      expect(stranger.headers['www-authenticate']).toBe('Bearer realm="billing-api"')
      await service.close()
    })

    test('AUDIT_LOG: stdout by default, also all of a burst just before SIGTERM', async () => {
      const service = await start()
      expect(service.process.stderr()).toBe(`${name}: listening on http://127.0.0.1:${service.process.port}\n`)
      await Promise.all(Array.from({ length: 100 }, () => service.send({ target: '/nowhere' })))
      await service.close()
      expect(service.process.stdout().split('\n')).toHaveLength(101)
    })

    test('AUDIT_LOG: a file of mode 0640, appended, and nothing on stdout', async () => {
      const path = join(directory, `${name}.jsonl`)
      const first = await start({ AUDIT_LOG: path })
      const [one, other] = [await first.send({ target: '/one' }), await first.send({ target: '/other' })]
      await first.close()
      expect(statSync(path).mode & 0o777).toBe(0o640)
      const before = readFileSync(path, 'utf8')
      expect(before.match(/"traceId":"[^"]*"/g)).toEqual([one, other].map(({ traceId }) => `"traceId":"${traceId}"`))
      const second = await start({ AUDIT_LOG: path })
      const last = await second.send({ target: '/last' })
      await second.close()
      const after = readFileSync(path, 'utf8')
      expect(after.startsWith(before)).toBe(true)
      expect(after.slice(before.length)).toContain(last.traceId)
      expect([first.process.stdout(), second.process.stdout()]).toEqual(['', ''])
    })
  })

  describe('what it cannot work with ends it at once: exit code 1, one line on standard error', () => {
    test.each<[what: string, env: Readonly<Record<string, string>>, line: RegExp]>([
      ['ISSUER unset', { ISSUER: '' }, /ISSUER is not set/],
      ['PORT a word', { PORT: 'http' }, /PORT must be a port number, got "http"/],
      ['TRUST_PROXY a word', { TRUST_PROXY: 'loopback' }, /trustedProxies.*"loopback"/],
      [
        'REDIS_URL with a name for a database',
        { REDIS_URL: 'redis://user:s3cret@redis.test/orders' },
        /REDIS_URL may name a database by its number/,
      ],
    ])('%s', async (_what, env, line) => {
      const ended = await run(script, { ISSUER: idp.issuer, PORT: '0', ...env })
      expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^orders(?:-koa)?: [^\n]+\n$/) })
      expect(ended.stderr).toMatch(line)
      expect(ended.stderr).not.toContain('s3cret')
    })

    test('PORT in use', async () => {
      const { server, port } = await listening()
      const ended = await run(script, { ISSUER: idp.issuer, PORT: String(port) })
      expect(ended).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^[^\n]*EADDRINUSE[^\n]*\n$/) })
      server.close()
    })
  })

  describe('it starts while its IdP is down', () => {
    test('503 with Retry-After, audited as such, and recovers by itself', async () => {
      const { server, port } = await listening()
      await new Promise((resolve) => server.close(resolve))
      const service = await start({ ISSUER: `http://127.0.0.1:${port}` })
      const token = await tokenFor(idp, { iss: `http://127.0.0.1:${port}` })
      const answer = await service.send({ token, target: '/nowhere' })
      expect([answer.status, answer.headers['content-type']]).toEqual([503, 'application/problem+json'])
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d?$/)
      expect(answer.headers['ratelimit-policy']).toBe('"address";q=300;w=60')
      expect(answer.json).toEqual({
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        instance: expect.stringMatching(/^urn:uuid:/),
      })
      expect(await service.audit(answer)).toMatchObject({
        decision: 'deny',
        kind: 'unavailable',
        code: 'keys_unavailable',
        guard: 'jwt',
        status: 503,
      })
      expect((await service.send({ target: '/healthz' })).status).toBe(200)
      expect((await service.send({ target: '/nowhere' })).status).toBe(401)

      const late = await startIdp({ clients: [{ id: 'shop' }], algorithm: 'ES256', port })
      const good = await late.token('shop')
      const status = async () => (await service.send({ token: good, target: '/nowhere' })).status
      await vi.waitFor(async () => expect(await status()).toBe(404), { timeout: 12_000, interval: 100 })
      await Promise.all([service.close(), late.close()])
    })
  })

  describe('SIGTERM', () => {
    test('finishes what is in flight, accepts nothing more, flushes the audit log, exits 0', async () => {
      const path = join(directory, `${name}-term.jsonl`)
      const service = await start({ AUDIT_LOG: path })
      await service.send({ target: '/healthz' })
      const token = await tokenFor(idp, CLERK)
      const body = JSON.stringify(ORDER)
      const posting = await begun(service, [
        'POST /orders HTTP/1.1',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        `content-length: ${body.length}`,
        `traceparent: 00-5f0c3d1e5a9b4c2d8e6f1a3b5c7d9e0f-00f067aa0ba902b7-01`,
      ])
      posting.socket.write(body.slice(0, 10))
      await vi.waitFor(async () => expect((await service.send({ target: '/healthz' })).status).toBe(200))
      const stopped = service.process.stop()
      await refused(service)
      posting.socket.write(body.slice(10))
      expect(await posting.answer).toMatch(/^HTTP\/1\.1 201 [\s\S]*\r\nconnection: close\r\n/i)
      expect(await stopped).toBe(0)
      expect(readFileSync(path, 'utf8')).toMatch(/"status":201,.*"traceId":"5f0c3d1e5a9b4c2d8e6f1a3b5c7d9e0f"/)
    })

    test('a request whose client leaves meanwhile is in the log', async () => {
      const service = await start()
      const token = await tokenFor(idp, CLERK)
      const leaving = await begun(service, [
        'POST /orders HTTP/1.1',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        'content-length: 100',
      ])
      await service.audit(await service.send({ token, target: '/nowhere' }))
      const stopped = service.process.stop()
      await refused(service)
      leaving.socket.destroy()
      expect(await Promise.all([stopped, service.process.stop()])).toEqual([0, 0]) // told twice is told once
      expect(service.log).toMatch(/"decision":"deny","code":"body_incomplete".*"path":"\/orders"/)
    })

    test('idle keep-alive connections do not hold it', async () => {
      const service = await start()
      const agent = new Agent({ keepAlive: true, maxSockets: 10 })
      const { port } = service.process
      const asked = Array.from({ length: 10 }, () => {
        return new Promise<void>((resolve) => {
          get({ port, path: '/healthz', agent }, (response) => response.resume().on('end', resolve))
        })
      })
      await Promise.all(asked)
      const startedAt = performance.now()
      await service.close()
      expect(performance.now() - startedAt).toBeLessThan(3_500)
      agent.destroy()
    })

    test('connections that have sent nothing, or half a head, do not hold it', async () => {
      const service = await start()
      const waiting = [await begun(service, [], ''), await begun(service, ['GET /healthz HTTP/1.1'], '')]
      await service.send({ target: '/healthz' })
      const startedAt = performance.now()
      await service.close()
      expect(performance.now() - startedAt).toBeLessThan(7_000)
      expect(await Promise.all(waiting.map(({ answer }) => answer))).toEqual(['', ''])
    })
  })
})

/** A process that ends by itself. */
function run(script: string, env: Readonly<Record<string, string>>) {
  return new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [script], { env, timeout: 10_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

/** A server that takes a free port. */
async function listening() {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as { readonly port: number }).port }
}

interface Begun {
  readonly socket: Socket
  readonly answer: Promise<string>
}

/** A request of which so far only these lines are sent. */
async function begun(service: OrdersService, lines: readonly string[], end = '\r\n'): Promise<Begun> {
  const socket = connect(service.process.port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {}) // a reset closes as well
  const answer = new Promise<string>((resolve) => socket.on('close', () => resolve(text)))
  if (lines.length > 0) socket.write(`${[...lines, 'host: service.test'].join('\r\n')}\r\n${end}`)
  return { socket, answer }
}

/** Until the service takes no more connections. */
const refused = (service: OrdersService): Promise<void> =>
  vi.waitFor(() => expect(service.send({ target: '/healthz' })).rejects.toThrow('ECONNREFUSED'), {
    timeout: 10_000,
    interval: 20,
  })
