import { describe, expect, test } from 'vitest'
import { type Challenge, challenge, type Denial, exhaust, forbid, invalid, unavailable } from '../../src/index.js'
import { withResource } from '../../src/mount/resource.js'

const METADATA_URL = 'https://orders.example.com/.well-known/oauth-protected-resource'
const RESOURCE = { metadataUrl: METADATA_URL }
const BEARER: Challenge = { scheme: 'Bearer', params: { realm: 'orders' } }
const DPOP: Challenge = { scheme: 'DPoP', params: { algs: 'ES256' } }
const KEY: Challenge = { scheme: 'ApiKey', params: { realm: 'orders' } }
const told = ({ scheme, params }: Challenge): Challenge => ({
  scheme,
  params: { ...params, resource_metadata: METADATA_URL },
})

describe('RFC 9728 section 5.1: resource_metadata', () => {
  test.each<[what: string, denial: Denial, challenges: readonly Challenge[] | undefined]>([
    ['a stranger', challenge('token_missing', BEARER), [told(BEARER)]],
    ['several schemes', challenge('token_missing', BEARER, DPOP, KEY), [told(BEARER), told(DPOP), KEY]],
    ['a scheme without parameters', challenge('token_missing', { scheme: 'Bearer' }), [told({ scheme: 'Bearer' })]],
    ['a malformed request', invalid('token_malformed', 'Bad.', { challenges: [BEARER] }), [told(BEARER)]],
    ['a missing scope', { ...forbid('scope_missing'), challenges: [DPOP] }, [told(DPOP)]],
    ['a refusal without a challenge', forbid('role_missing'), undefined],
    ['an empty list', { ...forbid('role_missing'), challenges: [] }, []],
    ['an outage', unavailable('keys_unavailable', 1), undefined],
    ['a limit', exhaust('rate_limited', 1), undefined],
  ])('%s', (_what, denial, challenges) => {
    const answer = withResource(denial, RESOURCE)
    expect(answer).toEqual({ ...denial, ...(challenges !== undefined && { challenges }) })
    expect(withResource(denial, undefined)).toBe(denial)
  })
})
