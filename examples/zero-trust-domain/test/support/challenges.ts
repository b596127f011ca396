/** One challenge of a `WWW-Authenticate` field (RFC 9110 section 11.6.1). */
export interface SentChallenge {
  readonly scheme: string
  readonly params: Readonly<Record<string, string>>
}

/** `scheme`, or `name="value"` with quoted pairs; tokens as values are not what wardline sends. */
const PART = /\s*,?\s*(?:([A-Za-z0-9_-]+)="((?:[^"\\]|\\.)*)"|([A-Za-z0-9-]+)(?=[ ,]|$))/y

/**
 * The challenges of an answer, in order.
 *
 * @throws Error for a field that cannot be read as challenges, or says one parameter twice.
 */
export function challengesOf({ headers }: { readonly headers: Readonly<Record<string, string>> }): SentChallenge[] {
  const field = headers['www-authenticate'] ?? ''
  const found: { readonly scheme: string; readonly params: Record<string, string> }[] = []
  PART.lastIndex = 0
  while (PART.lastIndex < field.length) {
    const [part, name, value, scheme] = PART.exec(field) ?? []
    if (part === undefined) throw new Error(`cannot be read as challenges: ${field}`)
    if (scheme !== undefined) {
      found.push({ scheme, params: {} })
      continue
    }
    const { params } = found.at(-1)!
    if (name! in params) throw new Error(`${name} is there twice: ${field}`)
    params[name!] = value!.replace(/\\(.)/g, '$1')
  }
  return found
}

/** The one challenge of `scheme`; undefined where there is none. */
export function challengeOf(
  answer: Parameters<typeof challengesOf>[0],
  scheme: string,
): SentChallenge['params'] | undefined {
  const found = challengesOf(answer).filter((challenge) => challenge.scheme === scheme)
  if (found.length > 1) throw new Error(`${scheme} is there ${found.length} times`)
  return found[0]?.params
}

/** The algorithms of proofs that a challenge names, those that the contract has; `Ed25519` is EdDSA by another name. */
export const proofAlgorithms = (algs: string | undefined): readonly string[] =>
  (algs ?? '')
    .split(' ')
    .filter((name) => name !== 'Ed25519')
    .sort()

export const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'RS256']
