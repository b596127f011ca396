/** A response field; without a value it removes what the framework set. */
type Field = readonly [name: string, value: string | undefined]

/** Fields that are lists: two guards that speak of them are both heard. */
const LIST_FIELDS: ReadonlySet<string> = new Set(['ratelimit', 'ratelimit-policy', 'www-authenticate', 'vary'])

/** Whether two values of the field are one list. */
export const isListField = (name: string): boolean => LIST_FIELDS.has(name.toLowerCase())

/** Two values of a list field as one (RFC 9110 section 5.3). */
export const joinField = (before: string, next: string): string => `${before}, ${next}`

/** Each name once, in lower case: list fields joined, of others the last. */
export function mergeFields(list: readonly Field[]): readonly Field[] {
  const merged = new Map<string, string | undefined>()
  for (const [name, value] of list) {
    const field = name.toLowerCase()
    const before = merged.get(field)
    const joins = before !== undefined && value !== undefined && isListField(field)
    merged.set(field, joins ? joinField(before, value) : value)
  }
  return [...merged]
}
