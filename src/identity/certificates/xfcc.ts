/** What one proxy wrote of its client into `x-forwarded-client-cert`. */
export interface XfccElement {
  /** SHA-256 of the certificate, in hex. */
  readonly hash: string | undefined
  /** URL-encoded PEM. */
  readonly cert: string | undefined
  /** URL-encoded PEM, the certificate itself among them. */
  readonly chain: string | undefined
  /** Every URI that is named. */
  readonly uris: readonly string[]
}

/** Elements that are told apart, at most. */
const MAX_ELEMENTS = 64

/**
 * The last element of the field, undefined when any of the field is malformed. Each proxy appends its own: the last is of
 * the proxy that is connected here, and what is ahead of it may be the client's own invention.
 */
export function lastXfccElement(value: string): XfccElement | undefined {
  const elements = split(value, ',')
  if (elements === undefined || elements.length > MAX_ELEMENTS) return undefined
  const read = elements.map(elementOf)
  return read.includes(undefined) ? undefined : read.at(-1)
}

/** Known keys but URI and DNS stand once: of two, nobody could tell which one counts. */
function elementOf(text: string): XfccElement | undefined {
  const pairs = split(text, ';')
  if (pairs === undefined) return undefined
  const once = new Map<string, string>()
  const uris: string[] = []
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const key = pair.slice(0, Math.max(equals, 0)).trim().toLowerCase()
    const value = unquoted(pair.slice(equals + 1).trim())
    if (!KEYS.includes(key) || value === undefined || once.has(key)) return undefined
    if (key === 'uri') uris.push(value)
    else if (key !== 'dns' && key !== 'by') once.set(key, value)
  }
  return {
    hash: once.get('hash'),
    cert: once.get('cert'),
    chain: once.get('chain'),
    uris: uris.filter((uri) => uri !== ''),
  }
}

const KEYS: readonly string[] = ['by', 'hash', 'cert', 'chain', 'subject', 'uri', 'dns']

/** Parts between separators that are not within quotes; undefined when a quote stays open. */
function split(text: string, separator: string): readonly string[] | undefined {
  const parts: string[] = []
  let isQuoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (isQuoted && character === '\\') i++
    else if (character === '"') isQuoted = !isQuoted
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  if (isQuoted) return undefined
  parts.push(text.slice(start))
  return parts
}

/** A value without quotes holds none; one with quotes has them at both ends only, and `\` before any other. */
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/s

function unquoted(value: string): string | undefined {
  if (!value.includes('"')) return value
  return QUOTED.exec(value)?.[1]?.replace(/\\(.)/gs, '$1')
}
