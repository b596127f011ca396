/** The secrets of which `log` holds more than a stump, in any of the usual encodings. */
export function leaks(log: string, secrets: Iterable<string>): readonly string[] {
  const texts = [log, ...percentDecoded(log)].join('\n')
  const telling = [...secrets].flatMap(partsOf).filter((part) => encodingsOf(part).some((text) => texts.includes(text)))
  return [...new Set(telling)]
}

/** Each part of a token tells something; a short one is no secret. */
const partsOf = (secret: string): readonly string[] =>
  [...new Set(secret.split('.'))].filter((part) => part.length >= 16)

function encodingsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [text, bytes.toString('hex'), bytes.toString('base64url'), bytes.toString('base64').replace(/=+$/, '')]
}

/** Until nothing is left to decode. */
function percentDecoded(text: string): readonly string[] {
  const next = text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return next === text ? [] : [next, ...percentDecoded(next)]
}
