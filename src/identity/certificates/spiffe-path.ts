import { shown } from '../../lib/options.js'

/** A segment of a SPIFFE ID (SPIFFE-ID section 2.2), or the stars that stand for some. */
const SEGMENT = /^(?:[A-Za-z0-9._-]+|\*)$/

/**
 * A predicate for paths of SPIFFE IDs. Segments are compared exactly, `*` stands for one, a last `**` for one or more.
 *
 * @throws TypeError for a pattern that no path could match.
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const [first, ...segments] = pattern.split('/')
  const isOpen = segments.at(-1) === '**'
  const wanted = isOpen ? segments.slice(0, -1) : segments
  const isSegment = (segment: string) => SEGMENT.test(segment) && segment !== '.' && segment !== '..'
  if (first !== '' || segments.length === 0 || !wanted.every(isSegment)) {
    throw new TypeError(`allow.spiffe.paths: ${shown(pattern)} is no pattern of a path such as /service/*`)
  }
  return (path) => {
    const given = path.split('/').slice(1)
    if (isOpen ? given.length <= wanted.length : given.length !== wanted.length) return false
    return wanted.every((segment, index) => segment === '*' || segment === given[index])
  }
}
