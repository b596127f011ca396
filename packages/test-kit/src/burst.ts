interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** What became of many requests at once. */
export interface Burst<A> {
  /** How many met no limit. */
  readonly admitted: number
  readonly elapsedMs: number
  readonly answers: readonly A[]
}

/** As many requests at once as `requests` has. */
export async function burst<R, A extends Answer>(
  service: { readonly send: (request: R) => Promise<A> },
  requests: readonly R[],
): Promise<Burst<A>> {
  const startedAt = performance.now()
  const answers = await Promise.all(requests.map((request) => service.send(request)))
  const elapsedMs = performance.now() - startedAt
  return { admitted: answers.filter(({ status }) => status !== 429).length, elapsedMs, answers }
}

export const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** `r` of one limit in the RateLimit field; NaN where it does not say. */
export const remaining = ({ headers }: Pick<Answer, 'headers'>, limit: string): number =>
  Number(new RegExp(`"${limit}";r=(\\d+)`).exec(headers.ratelimit ?? '')?.[1])
