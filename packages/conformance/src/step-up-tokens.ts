import type { Idp } from '@wardline/test-kit'
import type { Tokens } from './tokens.js'

export const STRONG_CLASS = 'urn:example:mfa'
export const MAX_AGE_SECONDS = 300

/** Tokens that say how and when their user was authenticated (RFC 9470 section 6.2). */
export async function stepUpTokens(idp: Idp): Promise<Tokens> {
  const now = Math.floor(Date.now() / 1000)
  const authenticated = {
    'mfa-recent': { acr: STRONG_CLASS, auth_time: now - 60 },
    'mfa-old': { acr: STRONG_CLASS, auth_time: now - 900 },
    'mfa-undated': { acr: STRONG_CLASS },
    'mfa-ahead': { acr: STRONG_CLASS, auth_time: now + 3600 },
    'mfa-list': { acr: [STRONG_CLASS], auth_time: now - 60 },
    'password-recent': { acr: 'urn:example:pwd', auth_time: now - 60 },
    'methods-both': { amr: ['pin', 'hwk', 'user'] },
    'methods-one': { amr: ['hwk'] },
    'methods-text': { amr: 'hwk pin' },
    'password-old': { acr: 'urn:example:pwd', auth_time: now - 900 },
  }
  const signed = Object.entries(authenticated).map(async ([name, claims]) => [name, await idp.sign(claims)] as const)
  return Object.fromEntries(await Promise.all(signed))
}
