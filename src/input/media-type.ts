import type { HeaderReader } from '../context.js'
import { type Denial, invalid } from '../decision.js'
import { mediaTypeInUtf8 } from '../lib/media-type.js'

const isJson = mediaTypeInUtf8('application/json')

const UNSUPPORTED: Denial = Object.freeze(
  invalid('unsupported_media_type', 'The body must be application/json in UTF-8, not encoded otherwise.', {
    status: 415,
    headers: [['accept', 'application/json']],
  }),
)

/** 415 for anything but plain JSON; undefined when the body may be read. */
export function mediaTypeFault(headers: HeaderReader): Denial | undefined {
  const isPlain = isJson(headers.get('content-type') ?? '') && headers.count('content-encoding') === 0
  return isPlain ? undefined : UNSUPPORTED
}
