import type { Challenge, Denial } from '../decision.js'
import type { ResourceIdentity } from '../service.js'

/** RFC 9728 section 5.1: challenges of OAuth's schemes say where the resource's metadata are, whichever guard made them. */
export function withResource(denial: Denial, resource: ResourceIdentity | undefined): Denial {
  if (resource === undefined || !('challenges' in denial) || denial.challenges === undefined) return denial
  const [first, ...rest] = denial.challenges.map((challenge) => told(challenge, resource.metadataUrl))
  return first === undefined ? denial : ({ ...denial, challenges: [first, ...rest] } as Denial)
}

const told = (challenge: Challenge, url: string): Challenge =>
  OAUTH_SCHEMES.has(challenge.scheme)
    ? { scheme: challenge.scheme, params: { ...challenge.params, resource_metadata: url } }
    : challenge

const OAUTH_SCHEMES: ReadonlySet<string> = new Set(['Bearer', 'DPoP'])
