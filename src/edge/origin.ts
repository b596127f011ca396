import { nonEmptyStrings, shown } from '../lib/options.js'

/**
 * Origins as browsers write them (RFC 6454 section 6.2), also of apps, such as `capacitor://localhost`: compared as text, since
 * two spellings of one origin do not occur.
 *
 * @throws TypeError that names the option, for what is no such origin, and says how it is written where that is known.
 */
export const exactOrigins = (name: string, value: unknown): readonly string[] =>
  Object.freeze(nonEmptyStrings(name, value).map((origin) => exactOrigin(name, origin)))

function exactOrigin(name: string, value: string): string {
  if (APP_ORIGIN.test(value)) return value
  const origin = originOf(value)
  if (origin === undefined || value.includes('*')) {
    throw new TypeError(`${name}: ${shown(value)} is not an origin such as "https://app.example.com"`)
  }
  if (origin !== value) throw new TypeError(`${name}: write ${shown(origin)} for ${shown(value)}`)
  return value
}

/** Of pages that an app or an extension brings along. It is taken as it stands, since only its maker knows the scheme. */
const APP_ORIGIN =
  /^(?!(?:https?|wss?|ftp|file|data|blob|about|javascript):)[a-z][a-z0-9.+-]{0,63}:\/\/[A-Za-z0-9._-]{1,253}(?::[1-9]\d{0,4})?$/

/** Whether a browser may have written it as the origin of a page of the web, and of no extension, file or sandbox. */
export const isWebOrigin = (text: string): boolean => text.length <= MAX_ORIGIN && originOf(text) === text

/** A name of 253 characters (RFC 1035 section 2.3.4) with scheme and port. */
const MAX_ORIGIN = 267

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined
}
