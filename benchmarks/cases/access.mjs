import { requireRole, requireScope } from 'wardline'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'

const principal = {
  id: 'user-1',
  issuer: 'https://id.example.com',
  scopes: new Set(['orders:read', 'orders:write', 'profile']),
  roles: new Set(['clerk', 'viewer']),
}

export default {
  about: 'may they? one permission of a known principal',
  run: async ({ rounds, chosen }) => {
    const scope = await timed(
      chosen({
        wardline: () => {
          const guard = requireScope('orders:read')
          return () => guard.check(undefined, { principal }).allowed
        },
        floor: () => () => principal.scopes.has('orders:read'),
        CASL: async () => {
          const { createMongoAbility } = await import('@casl/ability')
          const ability = createMongoAbility([{ action: 'read', subject: 'Order' }])
          return () => ability.can('read', 'Order')
        },
        casbin: casbinEnforcer,
      }),
      { rounds },
    )
    const role = await timed(
      chosen({
        wardline: () => {
          const guard = requireRole('admin', 'clerk')
          return () => guard.check(undefined, { principal }).allowed
        },
        floor: () => () => principal.roles.has('admin') || principal.roles.has('clerk'),
      }),
      { rounds },
    )
    const atMost = { what: 'us', of: ({ wardline }) => wardline, atMost: 0.15 }
    return [
      row({ name: 'scope check', unit: 'us', readings: scope, goals: [atMost, timesFloor(undefined, 10)] }),
      row({ name: 'role check', unit: 'us', readings: role, goals: [atMost] }),
    ]
  },
}

async function casbinEnforcer() {
  const { newEnforcer, newModel } = await import('casbin')
  const model = newModel(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
`)
  const enforcer = await newEnforcer(model)
  await enforcer.addPolicy('clerk', 'orders', 'read')
  await enforcer.addRoleForUser('user-1', 'clerk')
  return () => enforcer.enforce('user-1', 'orders', 'read')
}
