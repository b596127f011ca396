import { defineConfig } from 'vitest/config'
import { CountReporter } from './test/support/count-reporter.js'
import { standardDecorators } from './test/support/standard-decorators.js'

export default defineConfig({
  plugins: [standardDecorators()],
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    globalSetup: ['test/support/redis-setup.ts'],
    maxWorkers: 2, // many tests wait for servers: one process at a time would leave two cores idle
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: ['default', new CountReporter()],
  },
})
