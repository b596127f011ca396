/** Names a case by the member that it changes, and by what that becomes. */
export function caseName(member: string, value: unknown): string {
  if (value === undefined) return `${member} missing`
  const text = JSON.stringify(value)
  return text.length <= 60 ? `${member} ${text}` : `${member} ${text.slice(0, 60)}, ${text.length} characters`
}
