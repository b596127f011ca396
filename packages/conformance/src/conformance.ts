import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, newTraceId, startApp } from './app.js'
import { checkAnswer, checkEvent, checkSecrecy } from './check.js'
import type { Row } from './row.js'
import { SCENARIOS } from './scenarios/index.js'
import type { StartService } from './service.js'
import type { ServiceName } from './services/index.js'
import { type Surroundings, startProvider, startSurroundings } from './surroundings.js'
import { TABLE } from './table.js'

/** Registers every row and scenario as a test against services that `start` starts. */
export function runConformance(name: string, start: StartService): void {
  describe(name, () => {
    let surroundings: Surroundings
    /** One service of each kind for all rows: whatever a row leaves behind, the next one must not notice. */
    const shared = new Map<ServiceName, App>()

    beforeAll(async () => {
      surroundings = await startSurroundings()
    })
    afterAll(async () => {
      for (const app of shared.values()) await app.close()
      await surroundings.close()
    })

    const appFor = async (service: ServiceName): Promise<App> => {
      const app = shared.get(service) ?? (await startApp(service, start, surroundings))
      shared.set(service, app)
      return app
    }

    describe.each(TABLE)('%s', (_theme, rows) => {
      test.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
        const app = await appFor(row.service ?? 'front')
        await checkRow(row, app)
      })
    })

    describe.each(SCENARIOS)('%s', (_theme, scenarios) => {
      test.concurrent.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
        '%s',
        async (_name, scenario) => {
          const provider = scenario.provider === 'own' ? await startProvider() : undefined
          const idp = provider ?? surroundings.idp
          const own = await startApp(scenario.service, start, { ...surroundings, idp })
          try {
            await scenario.run(own)
            checkSecrecy([JSON.stringify(own.world.events)], own.tokens)
          } finally {
            await own.close()
            await provider?.close()
          }
        },
      )
    })

    test('every request of the tables left one event', () => {
      for (const [service, { world }] of shared) {
        const traces = world.events.map(({ traceId }) => traceId)
        expect(new Set(traces).size, service).toBe(traces.length)
      }
    })
  })
}

async function checkRow(row: Row, app: App): Promise<void> {
  const traceId = newTraceId()
  const seen = app.world.events.length
  const answer = await app.send(row.request, traceId)
  checkAnswer(row, answer, traceId)
  const wanted = row.event === null ? 0 : 1
  const events = (await app.events(seen + wanted, wanted === 0 ? 20 : 0)).slice(seen)
  expect(events).toHaveLength(wanted)
  for (const event of events) checkEvent(row, event)
  checkSecrecy([JSON.stringify(events), answer.body, JSON.stringify(answer.headers)], app.tokens)
}
