import fc from 'fast-check'

/** Pieces of strings that scanners of JSON trip over. */
const piece = fc.constantFrom(
  ...['a', 'b', ' ', ':', ',', '{', '}', '[', ']', '\\"', '\\\\', '\\/', '\\n', '\u00e9', '\u{1f600}'],
  ...['\\u0061', '\\u0022', '\\u005c', '\\u003a', '\\ud83d\\ude00', '\\ud800', '__proto__', 'constructor'],
)
const string = fc.array(piece, { maxLength: 4 }).map((pieces) => `"${pieces.join('')}"`)
const name = fc.oneof(string, fc.constantFrom('"a"', '"\\u0061"', '"b"', '""', '"\\\\"', '"__proto__"'))
const space = fc.constantFrom('', '', ' ', '\r\n\t ')

/** Texts that are JSON, with whatever a JSON text may have: few names, so that they often occur twice. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom('null', 'true', '0', '-1.5e3', '1e999', '1e-999'),
    string,
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(tie('text'), { maxLength: 4 }), space)
        .map(([items, gap]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.array(fc.tuple(name, tie('text')), { maxLength: 4 }), space)
        .map(([members, gap]) => `{${gap}${members.map(([key, text]) => `${key}${gap}:${gap}${text}`).join()}${gap}}`),
    },
  ),
})).text

/** A string, or the punctuation that opens and closes objects and arrays. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g

/** The names of each object of a JSON text, decoded: the obvious way, token by token. */
export function namesOf(text: string): readonly (readonly string[])[] {
  const objects: string[][] = []
  const open: string[][] = []
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push([])
    else if (token === '}' || token === ']') objects.push(open.pop()!)
    else if (/^[ \t\r\n]*:/.test(text.slice(index + token.length))) open.at(-1)!.push(JSON.parse(token))
  }
  return objects
}
