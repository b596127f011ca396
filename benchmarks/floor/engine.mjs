const DENIED = { allowed: false, kind: 'internal' }

/** The checks of one service in a loop of its own: the first denial ends it and names its check, an error denies. */
export const checksFloor = (checks) => {
  const names = checks.map((_, index) => `guard${index}`)
  return (ctx) => {
    try {
      for (let i = 0; i < checks.length; i++) {
        const answer = checks[i](ctx)
        if (!answer.allowed) return { ...answer, guard: names[i] }
      }
      return ALLOWED
    } catch {
      return DENIED
    }
  }
}

const ALLOWED = { allowed: true }

/** The same, where some checks have to wait. */
export const waitingFloor = (checks) => async (ctx) => {
  try {
    for (const check of checks) {
      const answer = check(ctx)
      const decision = typeof answer.then === 'function' ? await answer : answer
      if (!decision.allowed) return decision
    }
    return ALLOWED
  } catch {
    return DENIED
  }
}

/** The same, where what checks find out is for those behind them and for the handler. */
export const factsFloor =
  (checks) =>
  (ctx, facts = {}) => {
    try {
      for (const check of checks) {
        const answer = check(ctx, facts)
        if (!answer.allowed) return answer
        Object.assign(facts, answer.facts)
      }
      return { allowed: true, facts }
    } catch {
      return DENIED
    }
  }
