/**
 * Whether a `content-type` field is `type`, with no parameter but `charset=utf-8` (RFC 9110 section 8.3.1). Exactly so,
 * since what one reader takes for this type and another does not is a way round the reader that checks. Several lines
 * are joined by a comma, which no accepted spelling has.
 */
export function mediaTypeInUtf8(type: string): (field: string) => boolean {
  const spelling = new RegExp(
    `^${type.replace(SPECIAL, '\\$&')}[ \\t]*(?:;[ \\t]*charset=(?:utf-8|"utf-8")[ \\t]*)?$`,
    'i',
  )
  return (field) => field === type || spelling.test(field)
}

/** What a media type may hold (RFC 6838 section 4.2) that means something else in a pattern. */
const SPECIAL = /[.+^$]/g
