/** Where a path stops being one: query, fragment and path parameters, also when encoded. */
const REST = /[?#;]|%(?:25)*(?:3f|23|3b)/i
/** RFC 7519 section 3: the encoded start of a JSON object, as far as it goes on; also percent-encoded in part. */
const TOKEN = /(?:e|%(?:25)*65)(?:y|%(?:25)*79)(?:J|%(?:25)*4[Aa])[A-Za-z0-9_.~%-]{8,}/g

/** The path as the audit trail keeps it: without anything that may carry a credential. */
export function auditPath(path: string): string {
  if (!path.startsWith('/')) return '[not a path]' // absolute-form may hold userinfo
  const end = path.search(REST)
  return (end === -1 ? path : path.slice(0, end)).replace(TOKEN, '[token]')
}
