import { fileURLToPath } from 'node:url'
import { rawRequest, type ServiceProcess, startService } from '@wardline/test-kit'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** A service of its own, since the default trail writes to the standard output of the process. */
let service: ServiceProcess
beforeEach(async () => {
  service = await startService(fileURLToPath(new URL('fixtures/baseline.mjs', import.meta.url)), {})
})
afterEach(async () => {
  await service.stop('SIGKILL')
})

test('guard() answers with security headers and the limit', async () => {
  const answer = await rawRequest(service.port, { target: '/orders' })
  expect(answer).toMatchObject({
    status: 200,
    headers: {
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'ratelimit-policy': '"baseline";q=300;w=60',
      ratelimit: '"baseline";r=299;t=1',
      'x-content-type-options': 'nosniff',
    },
  })
})

test('denials, and only they, are lines of JSON on standard output', async () => {
  await rawRequest(service.port, { target: '/orders?page=1' })
  await rawRequest(service.port, { target: '/orders//?token=secret' })
  await rawRequest(service.port, { target: '/nowhere' })
  await rawRequest(service.port, { method: 'TRACE', target: '/orders' })
  expect(await service.stop()).toBe(0)
  const lines = service.stdout().trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'input_validation_fail', code: 'ambiguous_path', path: '/orders//', status: 400, client: '127.0.0.1' },
    { event: 'input_validation_fail', code: 'method_refused', method: 'TRACE', status: 405 },
  ])
  expect(service.stdout()).not.toContain('secret')
})
