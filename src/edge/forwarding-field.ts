import type { HeaderReader, SecurityEvent } from '../context.js'
import { canonicalAddress } from '../lib/address.js'
import { LONG, MALFORMED, REPEATED, SHORT } from './forwarding-notices.js'

/** The client's address, or why the field is not believed; undefined where there is no such field. */
export type FieldReader = (headers: HeaderReader) => string | SecurityEvent | undefined

/** Fields to which every proxy adds an entry. */
export const LIST_FIELDS = ['x-forwarded-for', 'forwarded'] as const
export type ListField = (typeof LIST_FIELDS)[number]

/** More entries than any chain of proxies has; a longer field is somebody's toy. */
const MAX_ENTRIES = 64

/** The right-most entry that is no proxy; of proxies alone, the farthest. */
export function rightMostStranger(field: ListField, isProxy: (address: string) => boolean): FieldReader {
  const parse = PARSERS[field]
  return (headers) => {
    const text = headers.get(field)
    if (text === undefined) return undefined
    let end = text.length
    for (let read = 0; read < MAX_ENTRIES; read++) {
      const start = startOfPart(text, end, ',')
      const address = parse(text.slice(start, end))
      if (address === undefined) return MALFORMED
      if (start === 0 || !isProxy(address)) return address
      end = start - 1
    }
    return LONG
  }
}

/** The entry that stands `hops` from the right. */
export function entryByHops(field: ListField, hops: number): FieldReader {
  const parse = PARSERS[field]
  return (headers) => {
    const text = headers.get(field)
    if (text === undefined) return SHORT
    let end = text.length
    let start = startOfPart(text, end, ',')
    for (let hop = 1; hop < hops; hop++) {
      if (start === 0) return SHORT
      end = start - 1
      start = startOfPart(text, end, ',')
    }
    return parse(text.slice(start, end)) ?? MALFORMED
  }
}

/** A field that one proxy sets, and that holds one address. */
export function singleAddress(field: string): FieldReader {
  return (headers) => {
    const value = headers.get(field)
    if (value === undefined) return undefined
    return headers.count(field) > 1 ? REPEATED : (hostOf(value.trim()) ?? MALFORMED)
  }
}

/**
 * Where the part that ends at `end` begins: behind the next separator to the left; one in a quoted-string (RFC 9110
 * section 5.6.4) is none. Read from the right, where your own proxies wrote: a quote that a client left open ahead of them
 * does not reach them, and what stands left of the answer is not read at all.
 */
function startOfPart(text: string, end: number, separator: ',' | ';'): number {
  let quoted = false
  for (let i = end - 1; i >= 0; i--) {
    const char = text[i]
    if (char === '"' && !isEscaped(text, i)) quoted = !quoted
    else if (char === separator && !quoted) return i + 1
  }
  return 0
}

/** Behind an odd number of backslashes. */
function isEscaped(text: string, index: number): boolean {
  let first = index
  while (text[first - 1] === '\\') first--
  return (index - first) % 2 === 1
}

/** `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`. */
function hostOf(node: string): string | undefined {
  const [, bracketed, v4] = NODE.exec(node) ?? []
  return canonicalAddress(bracketed ?? v4 ?? node)
}

const NODE = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}))(?::\d{1,5})?$/

/** RFC 7239 section 4, forwarded-element: the `for` parameter, which must be quoted when it has a colon. */
function forwardedFor(element: string): string | undefined {
  let node: string | undefined
  for (let end = element.length; end >= 0; ) {
    const start = startOfPart(element, end, ';')
    const [, quoted, bare] = FOR.exec(element.slice(start, end)) ?? []
    const here = quoted ?? bare
    if (here !== undefined && node !== undefined) return undefined // section 4: each parameter once
    node ??= here
    end = start - 1
  }
  return node === undefined ? undefined : hostOf(node)
}

const FOR = /^[ \t]*for=(?:"([^"\\]{1,64})"|([0-9.]{7,15}))[ \t]*$/i

const PARSERS: Readonly<Record<ListField, (entry: string) => string | undefined>> = {
  'x-forwarded-for': (entry) => hostOf(entry.trim()),
  forwarded: forwardedFor,
}
