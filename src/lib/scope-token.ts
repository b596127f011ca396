/** RFC 6749 section 3.3: printable ASCII without spaces, quotes and backslashes, so that it stands in a quoted string. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

export const isScopeToken = (value: unknown): value is string => typeof value === 'string' && SCOPE_TOKEN.test(value)
