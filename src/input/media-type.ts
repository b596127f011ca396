import type { HeaderReader } from '../context.js'
import { type Denial, invalid } from '../decision.js'

/**
 * RFC 9110 section 8.3.1: `application/json`, with no parameter but `charset=utf-8`. Exactly so, since what one reader
 * takes for JSON and another does not is a way round the reader that checks.
 */
const JSON_IN_UTF8 = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i

const UNSUPPORTED: Denial = Object.freeze(
  invalid('unsupported_media_type', 'The body must be application/json in UTF-8, not encoded otherwise.', {
    status: 415,
    headers: [['accept', 'application/json']],
  }),
)

/** 415 for anything but plain JSON; undefined when the body may be read. */
export function mediaTypeFault(headers: HeaderReader): Denial | undefined {
  // several lines are joined by a comma, which no accepted spelling has
  const type = headers.get('content-type') ?? ''
  const isJson = type === 'application/json' || JSON_IN_UTF8.test(type)
  return isJson && headers.count('content-encoding') === 0 ? undefined : UNSUPPORTED
}
