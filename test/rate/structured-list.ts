/** An item of a structured list: a string with integer parameters. */
export interface Item {
  readonly name: string
  readonly params: Readonly<Record<string, number>>
}

/** RFC 9651 section 4.2.5, string; quote and backslash only escaped. */
const STRING = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y
/** RFC 9651 section 4.2.3.2, one parameter; section 4.2.4, integer of at most 15 digits. */
const PARAMETER = /; *([a-z*][a-z0-9_.*-]*)=(-?\d{1,15})(?![\d.])/y
/** RFC 9651 section 4.2.1, what stands between two members. */
const COMMA = /[ \t]*,[ \t]*/y

/** Reads a structured list of such items as strictly as RFC 9651 section 4.2; throws for anything else. */
export function structuredList(text: string): readonly Item[] {
  let at = 0
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  const items: Item[] = []
  do {
    const name = next(STRING)?.[1]
    if (name === undefined) throw new SyntaxError(`expected a string at ${at} of ${text}`)
    const params: Record<string, number> = {}
    for (let found = next(PARAMETER); found !== null; found = next(PARAMETER)) params[found[1]!] = Number(found[2])
    items.push({ name, params })
  } while (next(COMMA) !== null)
  if (at !== text.length) throw new SyntaxError(`unexpected text at ${at} of ${text}`)
  return items
}
