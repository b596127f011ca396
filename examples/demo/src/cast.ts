import { forge, type Idp, startIdp } from '@wardline/test-kit'

/** Who appears in the tour, by the token they hold. */
export interface Cast {
  readonly idp: Idp
  readonly tokens: Readonly<Record<Role, string>>
}

type Role = 'clerk' | 'admin' | 'otherAdmin' | 'noScope' | 'busy' | 'forged' | 'expired'

const READ = 'orders:read'

/** Starts the identity provider and gets everyone's token: real ones by client credentials, and two that must fail. */
export async function meetTheCast(): Promise<Cast> {
  const idp = await startIdp({
    clients: [
      { id: 'clerk', scope: READ, roles: ['clerk'], tenant: 'acme' },
      { id: 'admin', scope: READ, roles: ['admin'], tenant: 'acme' },
      { id: 'other-admin', scope: READ, roles: ['admin'], tenant: 'globex' },
      { id: 'no-scope', roles: ['clerk'], tenant: 'acme' },
      { id: 'busy', scope: READ, roles: ['clerk'], tenant: 'acme' },
    ],
  })
  const hourAgo = Math.floor(Date.now() / 1000) - 3600
  const clerk = await idp.token('clerk')
  return {
    idp,
    tokens: {
      clerk,
      admin: await idp.token('admin'),
      otherAdmin: await idp.token('other-admin'),
      noScope: await idp.token('no-scope'),
      busy: await idp.token('busy'),
      forged: await forge(clerk),
      expired: await idp.sign({ sub: 'clerk', scope: READ, roles: ['clerk'], iat: hourAgo - 600, exp: hourAgo }),
    },
  }
}
