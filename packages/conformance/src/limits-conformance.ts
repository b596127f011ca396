import { afterAll, beforeAll, describe, test } from 'vitest'
import type { RateLimitStore } from 'wardline'
import { startApp } from './app.js'
import { checkSecrecy } from './check.js'
import { LIMITS } from './scenarios/limits.js'
import type { Scenario } from './scenarios/scenario.js'
import { TRAFFIC } from './scenarios/traffic.js'
import type { StartService } from './service.js'
import { type Surroundings, startSurroundings } from './surroundings.js'

/** By the clock of the store itself, which no test moves. */
const isTold = ({ service, clock }: Scenario): boolean =>
  (service === 'limited' || service === 'traffic') && clock === undefined

/**
 * Registers the scenarios of limits as tests against services whose limits count in stores of `storeFor`, each with counts of
 * its own.
 */
export function runLimitsConformance(name: string, start: StartService, storeFor: () => RateLimitStore): void {
  describe(name, () => {
    let surroundings: Surroundings
    beforeAll(async () => {
      surroundings = await startSurroundings()
    })
    afterAll(() => surroundings.close())

    const scenarios = [...LIMITS, ...TRAFFIC].filter(isTold)
    test.concurrent.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
      '%s',
      async (_name, scenario) => {
        const app = await startApp(scenario.service, start, { ...surroundings, limits: storeFor })
        try {
          await scenario.run(app)
          checkSecrecy([JSON.stringify(app.world.events)], app.tokens)
        } finally {
          await app.close()
        }
      },
    )
  })
}
