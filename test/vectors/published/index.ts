import { certificatesLike } from './published-certificates.js'
import { introspectionAnswers } from './rfc7662.js'
import { boundTokens } from './rfc8705.js'
import { accessTokens } from './rfc9068.js'
import { proofsOfPossession } from './rfc9449.js'
import { stepUp } from './rfc9470.js'
import { resourceMetadata } from './rfc9728.js'
import { signingLike, type VectorFile } from './vector-file.js'

/** The files of `test/vectors/json`. */
export const FILE_NAMES = [
  'rfc7662.json',
  'rfc8705.json',
  'rfc9068.json',
  'rfc9449.json',
  'rfc9470.json',
  'rfc9728.json',
] as const

export type FileName = (typeof FILE_NAMES)[number]

/**
 * Makes every file from the tables.
 *
 * @param textOf - What a file holds now, undefined where there is none: its signatures and certificates stay as they are.
 */
export async function vectorFiles(
  textOf: (name: FileName) => string | undefined,
): Promise<Readonly<Record<FileName, VectorFile>>> {
  const signFor = (name: FileName) => signingLike(textOf(name) ?? '')
  const certificates = await certificatesLike(textOf('rfc8705.json'))
  return {
    'rfc7662.json': introspectionAnswers(signFor('rfc7662.json')),
    'rfc8705.json': boundTokens(signFor('rfc8705.json'), certificates),
    'rfc9068.json': accessTokens(signFor('rfc9068.json')),
    'rfc9449.json': proofsOfPossession(signFor('rfc9449.json')),
    'rfc9470.json': stepUp(signFor('rfc9470.json')),
    'rfc9728.json': resourceMetadata(),
  }
}
