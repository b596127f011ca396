import type { RawAnswer } from '@wardline/test-kit'
import type { App } from '../app.js'
import type { ServiceName } from '../services/index.js'

/** A short story about one service, started for it alone. */
export interface Scenario {
  readonly name: string
  readonly service: ServiceName
  /** Whose tokens the service takes: one that all share, or its own, which the scenario may do anything to. Default: `shared`. */
  readonly provider?: 'shared' | 'own'
  /** That of limits moves within it: only stores of this process, whose clock is the world's, can tell it. Default: stands still. */
  readonly clock?: 'moves'
  readonly run: (app: App) => Promise<void>
}

export const statuses = (answers: readonly RawAnswer[]): readonly number[] => answers.map(({ status }) => status)

/** How many answers have that status. */
export const count = (answers: readonly RawAnswer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length
