/** What a row says of itself where a verifier that answers otherwise may conform all the same. */
export interface Choice {
  readonly choice?: true
  /** Why no standard decides it. */
  readonly why?: string
}

export const choice = (why: string): Choice => ({ choice: true, why })

/** Rows that no standard decides: what is stricter than any, a limit, a recommendation, one reading of several. */
export const chosen = <Row extends object>(why: string, rows: readonly Row[]): readonly (Row & Choice)[] =>
  rows.map((row) => ({ ...row, ...choice(why) }))

/** The same two members of a row, for what is made of it. */
export const choiceOf = (row: Choice): Choice => (row.choice && row.why ? choice(row.why) : {})
