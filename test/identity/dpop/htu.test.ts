import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRequestUri, normalUri, publicOrigins } from '../../../src/identity/dpop/htu.js'

/** RFC 3986 section 5.2.4, letter by letter. */
function removeDotSegments(path: string): string {
  let input = path
  let output = ''
  while (input !== '') {
    if (input.startsWith('/./')) input = input.slice(2)
    else if (input === '/.') input = '/'
    else if (input.startsWith('/../') || input === '/..') {
      input = input === '/..' ? '/' : input.slice(3)
      output = output.slice(0, Math.max(0, output.lastIndexOf('/')))
    } else {
      const end = input.indexOf('/', 1)
      output += end === -1 ? input : input.slice(0, end)
      input = end === -1 ? '' : input.slice(end)
    }
  }
  return output
}

const uriOf = (...units: readonly string[]) =>
  fc.array(fc.constantFrom(...units), { maxLength: 16 }).map((parts) => `https://a.example/${parts.join('')}`)

const anyUri = fc.oneof(
  uriOf('/', '.', '..', 'a', 'B', '%2e', '%2F', '%7e', '%c3%a9', ';', '@', ':', '~'),
  uriOf('/', '.', '%', '\\', ' ', '\t', '?', '#', '[', '\u00e9', '%zz'),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string(),
)

describe('normalUri', () => {
  test.each([
    ['https://a.example', 'https://a.example/'],
    ['HTTP://A.Example:80/', 'http://a.example/'],
    ['https://a.example:443', 'https://a.example/'],
    ['https://a.example:8443/x', 'https://a.example:8443/x'],
    ['http://a.example:443/', 'http://a.example:443/'],
    ['https://[2001:DB8::1]:443/x', 'https://[2001:db8::1]/x'],
    ['https://a.example/%7Eu/%e2%82%ac', 'https://a.example/~u/%E2%82%AC'],
    ['https://a.example/a/b/../c/./d/', 'https://a.example/a/c/d/'],
    ['https://a.example/a/..', 'https://a.example/'],
    ['https://a.example/a/.', 'https://a.example/a/'],
    ['https://a.example/%2E%2e/a', 'https://a.example/a'],
    ['https://a.example//a//', 'https://a.example//a//'],
    ['https://a.example/a%2Fb', 'https://a.example/a%2Fb'],
    ['https://a.example/.well-known/x', 'https://a.example/.well-known/x'],
    ['https://a.example/...', 'https://a.example/...'],
    ['https://a.example?q#f', 'https://a.example/'],
    ['https://0x7f.1/', 'https://0x7f.1/'],
  ])('%s is %s', (text, normal) => expect(normalUri(text)).toBe(normal))

  test.each([
    '',
    'a.example/x',
    '//a.example/x',
    'ftp://a.example/x',
    'https:///x',
    'https://a.example\\x',
    'https:\\\\a.example/x',
    'https://a.ex\tample/x',
    'https://a.example/ x',
    ' https://a.example/x',
    'https://a.example/x\n',
    'https://a.example/\u00e9',
    'https://\u00e9.example/',
    'https://u@a.example/',
    'https://a.example:x/',
    'https://a.example/%',
    'https://a.example/%g0',
    'https://a.example/a|b',
    'https://a.example/[a]',
    'https://a.example/x##',
    `https://a.example/${'x'.repeat(4096)}`,
  ])('%j is none', (text) => expect(normalUri(text)).toBeUndefined())

  test('is as the algorithm of the RFC has it', () => {
    fc.assert(
      fc.property(uriOf('/', '.', '..', 'a', 'b', '...', '.a'), (uri) => {
        expect(normalUri(uri)).toBe(`https://a.example${removeDotSegments(uri.slice('https://a.example'.length))}`)
      }),
    )
  })

  test('of a normal URI is itself, and is what URL makes of it', () => {
    fc.assert(
      fc.property(anyUri, (text) => {
        const normal = normalUri(text)
        if (normal === undefined) return
        expect(normalUri(normal)).toBe(normal)
        expect(normal).not.toMatch(/[?#\\\s]|\/\.{1,2}(?:\/|$)/)
        if (/^https?:\/\/[a-z][a-z.-]+[a-z](?::\d+)?\//.test(normal)) expect(new URL(normal).href).toBe(normal)
      }),
    )
  })

  test('takes no longer for a text that is made to be slow', () => {
    const hostile = [
      `https://a.example${'/..'.repeat(1300)}`,
      `https://a.example/${'%2e'.repeat(1300)}`,
      `https://${'a.'.repeat(2000)}!`,
      `https://a.example/${'/'.repeat(4000)}|`,
    ]
    const start = performance.now()
    for (const text of hostile) normalUri(text)
    expect(performance.now() - start).toBeLessThan(100)
  })
})

describe('isRequestUri', () => {
  const origins = publicOrigins('origin', 'https://a.example')

  test.each([
    ['/me', 'https://a.example/me', true],
    ['/', 'https://a.example', true],
    ['/%7eme', 'https://a.example/~me', true],
    ['/~me', 'https://a.example/%7Eme', true],
    ['/a%2fb', 'https://a.example/a%2Fb', true],
    ['/a%2fb', 'https://a.example/a/b', false],
    // What is routed as it stands is not proven by what it could be read as.
    ['/a/../me', 'https://a.example/me', false],
    ['/a/../me', 'https://a.example/a/../me', false],
    ['/%2e%2e/me', 'https://a.example/me', false],
    ['/./me', 'https://a.example/./me', false],
    ['//me', 'https://a.example/me', false],
    ['', 'https://a.example/', false],
    ['*', 'https://a.example/*', false],
    ['https://a.example/me', 'https://a.example/me', false],
    ['/me\\', 'https://a.example/me\\', false],
    ['/m|e', 'https://a.example/m|e', false],
    ['/\u00e9', 'https://a.example/\u00e9', false],
    [`/${'x'.repeat(4096)}`, `https://a.example/${'x'.repeat(4096)}`, false],
  ])('%s at %s: %s', (path, htu, expected) => expect(isRequestUri(htu, origins, path)).toBe(expected))

  test('never throws, and says yes to one origin alone', () => {
    fc.assert(
      fc.property(anyUri, fc.oneof(anyUri, fc.string()), (htu, path) => {
        if (isRequestUri(htu, origins, path)) expect(htu).toMatch(/^https:\/\/a\.example(?:[:/?#]|$)/i)
      }),
    )
  })
})
