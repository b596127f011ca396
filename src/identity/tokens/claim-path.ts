import { isText } from '../../lib/json-value.js'
import { shown } from '../../lib/options.js'

type Claims = Readonly<Record<string, unknown>>

/**
 * Where a claim is: the names of the members that lead to it, such as `['realm_access', 'roles']`. A name is taken as it
 * is, dots and all: `['https://example.com/roles']` is one member.
 */
export type ClaimPath = readonly [string, ...string[]]

/** What stands at `path`; undefined where a member is missing or no object. Own members only. */
export function claimAt(claims: Claims, path: ClaimPath): unknown {
  let value: unknown = claims
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Claims)[name]
  }
  return value
}

/** The first non-empty text at one of `paths`. */
export function textAt(claims: Claims, paths: readonly ClaimPath[]): string | undefined {
  for (const path of paths) {
    const value = claimAt(claims, path)
    if (isText(value)) return value
  }
  return undefined
}

/** All words at `paths`: those of a text are apart by spaces, those of a list are its texts. */
export const wordsAt = (claims: Claims, paths: readonly ClaimPath[]): readonly string[] =>
  paths.flatMap((path) => {
    const value = claimAt(claims, path)
    if (typeof value === 'string') return value.split(' ').filter(Boolean)
    return Array.isArray(value) ? value.filter(isText) : []
  })

/** NumericDate (RFC 7519 section 2). */
export const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** @throws TypeError for anything but a list of one or more names. */
export function claimPath(name: string, value: unknown): ClaimPath {
  if (Array.isArray(value) && value.length > 0 && value.every(isText)) return Object.freeze([...value]) as never
  throw new TypeError(`${name} must be a list of member names, got ${shown(value)}`)
}

export function claimPaths(name: string, value: unknown): readonly ClaimPath[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} must be a list of claim paths, got ${shown(value)}`)
  return Object.freeze(value.map((path) => claimPath(name, path)))
}
