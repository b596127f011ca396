import * as oauth from 'oauth4webapi'
import { describe, expect, test } from 'vitest'
import {
  type Allowance,
  all,
  describe as describeGuard,
  evaluate,
  type Guard,
  type ProtectedResourceOptions,
  protectedResource,
  type ReplyFacts,
  responseHeaders,
} from '../../src/index.js'
import { isPromiseLike } from '../../src/lib/maybe-promise.js'
import { resolveService } from '../../src/mount/service.js'
import { contextFor, type TestRequest } from '../support/context.js'
import {
  LEAST_METADATA,
  METADATA_MEMBERS,
  METADATA_URLS,
  REFUSED_METADATA,
  REFUSED_OPTIONS,
  RESOURCE_OPTIONS,
} from '../vectors/resource-metadata.js'

const resourceOf = (options: Partial<ProtectedResourceOptions> = {}) =>
  protectedResource({ ...RESOURCE_OPTIONS, ...options })

const replyOf = (guard: Guard<object, ReplyFacts>, request: TestRequest = {}) => {
  const answer = evaluate(guard, contextFor(request), {})
  if (isPromiseLike(answer) || !answer.allowed) throw new Error('no reply at once')
  return (answer as Allowance<ReplyFacts>).facts.reply
}

describe('where it is', () => {
  test.each(METADATA_URLS.map(([resource, url, path]) => [resource, url, path] as const))(
    '%s: %s',
    (resource, metadataUrl, path) => {
      const made = resourceOf({ resource })
      expect([made.metadataUrl, made.path, made.metadata.resource]).toEqual([metadataUrl, path, resource])
    },
  )

  test.each(METADATA_URLS.map(([resource, url, path]) => [resource, url, path] as const))(
    'oauth4webapi asks there for %s, and takes the answer',
    async (resource, metadataUrl) => {
      const { status, headers, body } = replyOf(resourceOf({ resource, scopes: ['profile'] }))
      const asked: string[] = []
      const response = await oauth.resourceDiscoveryRequest(new URL(resource), {
        [oauth.allowInsecureRequests]: true,
        [oauth.customFetch]: async (url) => {
          asked.push(url)
          return new Response(body, { status, headers: headers as [string, string][] })
        },
      })
      expect(asked).toEqual([metadataUrl])
      expect(await oauth.processResourceDiscoveryResponse(new URL(resource), response)).toMatchObject({
        resource,
        scopes_supported: ['profile'],
      })
    },
  )
})

describe('the document', () => {
  test('says no more than it must', () => {
    expect(JSON.parse(replyOf(resourceOf()).body)).toEqual(LEAST_METADATA)
  })

  test.each(METADATA_MEMBERS)('%j', (options, members) => {
    const made = resourceOf(options)
    expect(JSON.parse(replyOf(made).body)).toEqual({ ...LEAST_METADATA, ...members })
    expect(made.metadata).toEqual({ ...LEAST_METADATA, ...members })
  })

  test('is sent as public JSON, for any origin to read', () => {
    const { status, headers } = replyOf(resourceOf())
    expect({ status, headers }).toEqual({
      status: 200,
      headers: [
        ['content-type', 'application/json'],
        ['cache-control', 'public, max-age=3600'],
        ['access-control-allow-origin', '*'],
      ],
    })
  })

  test.each([0, 1, 86_400])('may be kept for %i s where configured', (maxAgeSeconds) => {
    expect(replyOf(resourceOf({ maxAgeSeconds })).headers).toContainEqual([
      'cache-control',
      `public, max-age=${maxAgeSeconds}`,
    ])
  })

  test.each<[what: string, headers: TestRequest['headers'] & object]>([
    ['another host', [['host', 'evil.example']]],
    ['a forwarded host', [['x-forwarded-host', 'evil.example']]],
    ['forwarded fields', [['forwarded', 'host=evil.example;proto=http']]],
    ['an origin', [['origin', 'https://evil.example']]],
  ])('is the same for %s', (_what, headers) => {
    const made = resourceOf()
    expect(replyOf(made, { headers, path: '/elsewhere' })).toBe(replyOf(made))
  })

  test('cannot be changed, whatever becomes of the options', () => {
    const scopes = ['profile']
    const more = { list: [{ a: 1 }] }
    const made = resourceOf({ scopes, more })
    scopes.push('admin')
    more.list[0]!.a = 2
    expect(made.metadata).toMatchObject({ scopes_supported: ['profile'], list: [{ a: 1 }] })
    const { metadata } = made as unknown as { metadata: { resource: string; list: { a: number }[] } }
    expect(() => {
      metadata.resource = 'https://evil.example'
    }).toThrow(TypeError)
    expect(() => {
      metadata.list[0]!.a = 3
    }).toThrow(TypeError)
    expect(() => Object.assign(replyOf(made), { body: '' })).toThrow(TypeError)
  })
})

describe('the guard', () => {
  test.each(['GET', 'HEAD'])('answers %s', (method) => {
    expect(replyOf(resourceOf(), { method }).status).toBe(200)
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get', ''])('refuses %j', (method) => {
    expect(evaluate(resourceOf(), contextFor({ method }), {})).toMatchObject({
      kind: 'invalid',
      code: 'method_refused',
      status: 405,
      headers: [['allow', 'GET, HEAD']],
    })
  })

  test('is a guard like any other, and the setting that challenges speak of', () => {
    const made = resourceOf()
    expect(describeGuard(made)).toEqual({
      name: 'protectedResource',
      room: 'identity',
      requires: { resource: RESOURCE_OPTIONS.resource },
    })
    expect(replyOf(all(responseHeaders(), made))).toBe(replyOf(made))
    expect(resolveService({ resource: made }).resource).toBe(made)
  })
})

describe('options that are refused', () => {
  test.each([...REFUSED_METADATA, ...REFUSED_OPTIONS])('$input ($section)', ({ options, names }) => {
    const make = () => protectedResource({ ...RESOURCE_OPTIONS, ...options } as ProtectedResourceOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(new RegExp(`^${names}\\b`))
  })

  test.each([
    [undefined, /options must be an object/],
    [{ ...RESOURCE_OPTIONS, bearerMethods: ['query'] }, /unknown option bearerMethods/],
  ])('%j', (options, message) => {
    expect(() => protectedResource(options as ProtectedResourceOptions)).toThrow(message)
  })
})
