import { describe, expect, test } from 'vitest'
import { cors } from '../../src/index.js'

const APP = 'https://app.example.com'
const SELF = 'https://api.example.com'

describe('options', () => {
  const bad: readonly (readonly [string, object | undefined, RegExp])[] = [
    ['none', undefined, /^cors\(\): options must be an object/],
    ['a misspelt one', { origins: APP, origin: APP }, /unknown option origin/],
    ['no origins', {}, /^origins must be a non-empty string/],
    ['an empty list', { origins: [] }, /^origins must not be empty/],
    ['an origin with a path', { origins: `${APP}/app` }, /^origins: write "https:\/\/app.example.com" for/],
    ['a trailing slash', { origins: [`${APP}/`] }, /^origins: write "https:\/\/app.example.com" for/],
    ['a query', { origins: `${APP}?` }, /^origins: write/],
    ['userinfo', { origins: 'https://me@app.example.com' }, /^origins: write/],
    ['a host in capitals', { origins: 'https://App.example.com' }, /^origins: write "https:\/\/app.example.com" for/],
    ['a port that is the default', { origins: `${APP}:443` }, /^origins: write "https:\/\/app.example.com" for/],
    ['a port that is the default of http', { origins: 'http://a.test:80' }, /^origins: write "http:\/\/a.test" for/],
    ['a host that is not ASCII', { origins: 'https://b\u00fccher.example' }, /^origins: write "https:\/\/xn--/],
    [
      'a wildcard inside',
      { origins: 'https://*.example.com' },
      /^origins: "https:\/\/\*.example.com" is not an origin/,
    ],
    ['another scheme', { origins: 'ftp://example.com' }, /^origins: "ftp:\/\/example.com" is not an origin/],
    ['files', { origins: 'file://localhost' }, /^origins: "file:\/\/localhost" is not an origin/],
    ['an app with a path', { origins: 'capacitor://localhost/' }, /^origins: "capacitor:\/\/localhost\/" is not/],
    ['any app of a scheme', { origins: 'chrome-extension://*' }, /^origins: "chrome-extension:\/\/\*" is not/],
    ['a host alone', { origins: 'app.example.com' }, /^origins: "app.example.com" is not an origin/],
    ['a regular expression', { origins: /example/ }, /^origins must be a non-empty string/],
    ['a star among others', { origins: ['*', APP] }, /^origins: "\*" stands alone/],
    ['a star with credentials', { origins: '*', credentials: true }, /^origins: "\*" with credentials/],
    ['null with credentials', { origins: ['null', APP], credentials: true }, /^origins: "null" with credentials/],
    [
      'a rule for all with credentials',
      { origins: () => true, credentials: true },
      /^origins allows "https:\/\/nobody.invalid"/,
    ],
    ['a rule that promises', { origins: async () => false }, /^origins must answer at once/],
    ['self with a path', { origins: APP, self: `${SELF}/v1` }, /^self: write "https:\/\/api.example.com"/],
    ['self null', { origins: APP, self: 'null' }, /^self: "null" is not an origin/],
    ['no methods', { origins: APP, methods: [] }, /^methods must not be empty/],
    ['a method in small letters', { origins: APP, methods: ['patch'] }, /^methods: "patch" is not a method/],
    ['all methods', { origins: APP, methods: ['*'] }, /^methods: "\*" is not a method/],
    ['a method that no page can use', { origins: APP, methods: ['TRACE'] }, /^methods: "TRACE" is not a method/],
    ['all fields', { origins: APP, headers: ['*'] }, /^headers: "\*" is not a field name/],
    ['a field with a line break', { origins: APP, headers: ['a\r\nb'] }, /^headers: "a\\r\\nb" is not a field name/],
    ['fields to read that are none', { origins: APP, exposedHeaders: ['a b'] }, /^exposedHeaders: "a b" is not/],
    ['an empty list of fields', { origins: APP, exposedHeaders: [] }, /^exposedHeaders must not be empty/],
    ['credentials as text', { origins: APP, credentials: 'true' }, /^credentials must be true or false/],
    ['another way to refuse', { origins: APP, onRefused: 'allow' }, /^onRefused must be one of deny, withhold/],
    ...[-1, 86_401, 1.5, Number.NaN, '60', Number.POSITIVE_INFINITY].map(
      (maxAgeSeconds) =>
        [
          `maxAgeSeconds ${maxAgeSeconds}`,
          { origins: APP, maxAgeSeconds },
          /^maxAgeSeconds must be an integer from 0 to 86400/,
        ] as const,
    ),
  ]
  test.each(bad)('%s', (_name, options, message) => {
    expect(() => cors(options as never)).toThrow(TypeError)
    expect(() => cors(options as never)).toThrow(message)
  })
})
