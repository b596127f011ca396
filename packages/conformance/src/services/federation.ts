import { type IssuerOptions, jwt, type Principal } from 'wardline'
import { EAST, TENANT, WEST } from '../federation-tokens.js'
import { get } from '../route.js'
import type { Call, Reply, Service } from '../service.js'
import type { Signatory } from '../signatory.js'
import { settingsOf, type World } from '../world.js'
import { limit } from './guards.js'

/** Several issuers, and one that is found when its first token comes. */
export const federated = (world: World): Service => {
  const known = jwt({ issuers: [optionsOf(EAST), optionsOf(WEST)], realm: 'orders' })
  const found = jwt({ issuers: [optionsOf(EAST)], resolveIssuer, realm: 'orders' })
  return {
    settings: settingsOf(world),
    everyone: limit('address', 10_000),
    mountedAt: 'routes',
    routes: [get('/known', [known], caller), get('/found', [found], caller)],
  }
}

const optionsOf = ({ issuer, audience, jwks }: Signatory): IssuerOptions => ({ issuer, audience, jwks })

async function resolveIssuer(issuer: string): Promise<IssuerOptions | undefined> {
  if (issuer === 'https://failing.example') throw new Error('connect ECONNREFUSED 10.0.0.9:5432')
  return issuer === TENANT.issuer ? optionsOf(TENANT) : undefined
}

/** What the usual answer leaves out of a principal. */
function caller({ facts }: Call): Reply {
  const { principal } = facts as { readonly principal: Principal }
  const { id, issuer, kind, proof, actors } = principal
  return { status: 200, body: { id, issuer, kind, proof, actors } }
}
