/** One request of a tour, what must come of it, and what did. */
export interface Stop {
  readonly request: string
  readonly who: string
  readonly expected: Expected
  readonly status: number
  /** Code in the audit log; undefined where no guard was met. */
  readonly code: string | undefined
  readonly traceId: string
}

export interface Expected {
  readonly status: number
  readonly code: string | undefined
}

export const isAsExpected = ({ expected, status, code }: Stop): boolean =>
  status === expected.status && code === expected.code
