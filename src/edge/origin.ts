import { nonEmptyStrings, shown } from '../lib/options.js'

/**
 * Origins as browsers write them (RFC 6454 section 6.2): compared as text, since two spellings of one origin do not occur.
 *
 * @throws TypeError that names the option, for what is no such origin, and says how it is written where that is known.
 */
export const exactOrigins = (name: string, value: unknown): readonly string[] =>
  Object.freeze(nonEmptyStrings(name, value).map((origin) => exactOrigin(name, origin)))

function exactOrigin(name: string, value: string): string {
  const origin = originOf(value)
  if (origin === undefined || value.includes('*')) {
    throw new TypeError(`${name}: ${shown(value)} is not an origin such as "https://app.example.com"`)
  }
  if (origin !== value) throw new TypeError(`${name}: write ${shown(origin)} for ${shown(value)}`)
  return value
}

/** Whether a browser may have written it as the origin of a page of the web, and of no extension, file or sandbox. */
export const isWebOrigin = (text: string): boolean => text.length <= MAX_ORIGIN && originOf(text) === text

/** A name of 253 characters (RFC 1035 section 2.3.4) with scheme and port. */
const MAX_ORIGIN = 267

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined
}
