import { describe, expect, test } from 'vitest'
import { ALLOWED, allowMethods, type Decision, describe as described } from '../../src/index.js'
import { contextFor } from '../support/context.js'

const guard = allowMethods('GET', 'POST', 'M-SEARCH')
const ask = (method: string) => guard.check(contextFor({ method }), {}) as Decision

describe('allowMethods', () => {
  test.each(['GET', 'HEAD', 'POST', 'M-SEARCH'])('%s is served', (method) => expect(ask(method)).toBe(ALLOWED))

  test.each(['DELETE', 'OPTIONS', 'TRACE', 'get', 'Post', 'GETS', 'GET, HEAD', ''])('%s is a 405', (method) => {
    expect(ask(method)).toMatchObject({
      kind: 'invalid',
      status: 405,
      code: 'method_refused',
      headers: [['allow', 'GET, HEAD, POST, M-SEARCH']],
    })
  })

  test('HEAD comes with GET only, and OPTIONS where it is named', () => {
    const options = allowMethods('POST', 'OPTIONS', 'POST')
    expect(options.check(contextFor({ method: 'OPTIONS' }), {})).toBe(ALLOWED)
    expect(options.check(contextFor({ method: 'HEAD' }), {})).toMatchObject({ headers: [['allow', 'POST, OPTIONS']] })
  })

  test('says what it serves', () => {
    expect(described(guard)).toEqual({
      name: 'allowMethods(GET, POST, M-SEARCH)',
      room: 'edge',
      requires: { anyMethod: ['GET', 'HEAD', 'POST', 'M-SEARCH'] },
    })
  })

  test.each([[[]], [['get']], [['GET', '']], [['GET POST']], [['*']], [['TRACE']], [['CONNECT']], [['TRACK']], [[7]]])(
    'of %j throws',
    (methods) => {
      expect(() => allowMethods(...(methods as unknown as [string]))).toThrow(TypeError)
      expect(() => allowMethods(...(methods as unknown as [string]))).toThrow(/^allowMethods\(\)/)
    },
  )
})
