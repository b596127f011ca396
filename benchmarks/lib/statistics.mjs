export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Median, and the range without its extremes where there are enough readings to speak of any. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const cut = Math.floor(sorted.length / 10)
  return { median: median(values), low: sorted[cut], high: sorted[sorted.length - 1 - cut] }
}

/** Round by round, so that what is compared was measured side by side. */
export function byRound(readings, of) {
  const rounds = Math.min(...Object.values(readings).map((values) => values.length))
  return Array.from({ length: rounds }, (_, round) =>
    of(Object.fromEntries(Object.entries(readings).map(([name, values]) => [name, values[round]]))),
  )
}
