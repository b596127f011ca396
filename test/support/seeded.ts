/** Numbers that look random and are the same in every run (mulberry32). */
export interface Seeded {
  /** From 0 to `below`, which is not reached. */
  readonly number: (below: number) => number
  readonly pick: <T>(list: readonly T[]) => T
}

export function seeded(seed: number): Seeded {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const number = (below: number): number => Math.floor(next() * below)
  return { number, pick: (list) => list[number(list.length)]! }
}
