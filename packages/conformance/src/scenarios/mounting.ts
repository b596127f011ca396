import { expect } from 'vitest'
import { as, getting, posting } from '../row.js'
import type { ServiceName } from '../services/index.js'
import type { Scenario } from './scenario.js'

/** Whether the first guard stands before all routing or not, every guard runs once, in order. */
const once = (target: string, ran: readonly string[], token?: string): readonly Scenario[] =>
  (['chained', 'unmounted'] as const).map((service) => ({
    name: `${service}: GET ${target} runs ${ran.join(', ')}`,
    service,
    run: async ({ send, world, events }) => {
      await send(getting(target, token === undefined ? {} : as(token)))
      expect(world.ran).toEqual(ran)
      expect(await events(1)).toHaveLength(1)
    },
  }))

/** In report mode every request passes, and its one event tells what would have been. */
const reported = (name: string, run: Scenario['run']): Scenario => ({
  name: `report mode: ${name}`,
  service: 'reporting' satisfies ServiceName,
  run,
})

export const MOUNTING: readonly Scenario[] = [
  ...once('/plain', ['everyone']),
  ...once('/one', ['everyone', 'one']),
  ...once('/two', ['everyone', 'one', 'two']),
  ...once('/later', ['everyone', 'one', 'two']),
  ...once('/refused', ['everyone', 'one'], 'reader'),
  ...once('/signed-in', ['everyone', 'signed in'], 'reader'),

  reported('no token', async ({ send, events }) => {
    const answer = await send(getting('/signed-in'))
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([200, undefined])
    expect(await events(1)).toMatchObject([
      { decision: 'allow', status: 200, notices: [{ event: 'authn_login_fail', code: 'token_missing', guard: 'jwt' }] },
    ])
  }),

  reported('a role that is missing', async ({ send, events }) => {
    const answer = await send(getting('/admin', as('reader')))
    expect(JSON.parse(answer.body)).toMatchObject({ principal: { id: 'reader' } })
    expect(await events(1)).toMatchObject([
      {
        principal: { id: 'reader' },
        notices: [{ event: 'authz_fail', code: 'role_missing', guard: 'requireRole(admin)' }],
      },
    ])
  }),

  reported('a limit that is reached', async ({ send, events }) => {
    for (let i = 0; i < 4; i++) expect((await send(getting('/open'))).status).toBe(200)
    const recorded = await events(4)
    expect(recorded.map(({ notices }) => notices?.[0]?.code)).toEqual([undefined, undefined, undefined, 'rate_limited'])
  }),

  reported('a body that is refused', async ({ send, events }) => {
    const answer = await send(posting('/orders', '{"items":[]}'))
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).not.toHaveProperty('input')
    expect(await events(1)).toMatchObject([{ notices: [{ event: 'input_validation_fail', code: 'invalid_body' }] }])
  }),

  reported('a request without fault', async ({ send, events }) => {
    await send(getting('/open'))
    expect(await events(1)).toMatchObject([{ decision: 'allow', notices: undefined }])
  }),
]
