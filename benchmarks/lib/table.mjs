/** A case, as it is shown while the benchmarks run. */
export function printCase({ name, about, rows }) {
  console.log(`== ${name}: ${about}`)
  for (const { name: what, unit, results, goals } of rows) {
    console.log(`  ${what}`)
    const { floor } = results
    for (const [contender, { median, low, high }] of Object.entries(results)) {
      const range = `${figure(low)} .. ${figure(high)}`
      const ratio = floor === undefined ? '' : `${figure(median / floor.median)} x floor`
      console.log(
        `    ${contender.padEnd(28)}${`${figure(median)} ${unit}`.padStart(16)}  ${range.padEnd(20)}  ${ratio}`,
      )
    }
    for (const goal of goals) console.log(`    -> ${figure(goal.median)} ${goal.what}`)
  }
  console.log()
}

/** Prints what was to be reached and what was, and gives how many were missed. */
export function goalTable(cases, kind) {
  let missed = 0
  for (const { name, rows } of cases) {
    for (const row of rows) {
      for (const goal of row.goals) {
        const bound = goal[kind]
        if (bound === undefined) continue
        const met = isMet(goal, bound)
        if (!met) missed++
        const text = `${bound === goal.goal ? 'goal' : 'bound'} ${asked(goal, bound)}`
        console.log(
          `${met ? 'met   ' : 'MISSED'}  ${`${name}: ${row.name}`.padEnd(52)}${figure(goal.median).padStart(8)} ${goal.what} (${text})`,
        )
      }
    }
  }
  console.log(
    missed === 0
      ? '\nEvery one is met.'
      : `\n${missed} missed: see docs/performance.md, "Where a goal is missed, and why".`,
  )
  return missed
}

/** The published figures as the table that README shows. */
export function readmeTable(cases) {
  const lines = ['| what | wardline | floor | others | goal | measured |', '|---|---|---|---|---|---|']
  for (const { rows } of cases) {
    for (const { name, unit, results, goals } of rows) {
      for (const goal of goals) {
        if (goal.goal === undefined) continue // checked only
        const { bare, wardline, floor = bare, ...peers } = results
        const others = results.floor && bare ? { bare, ...peers } : peers
        const shown = (result) => (result === undefined ? '' : `${figure(result.median)} ${unit}`)
        const listed = Object.entries(others).map(([peer, { median }]) => `${peer} ${figure(median)}`)
        const mark = isMet(goal, goal.goal) ? '' : ', missed'
        lines.push(
          `| ${name} | ${shown(wardline)} | ${shown(floor)} | ${listed.join(', ')} | ${asked(goal, goal.goal)} ${goal.what} | ${figure(goal.median)}${mark} |`,
        )
      }
    }
  }
  return lines.join('\n')
}

const isMet = ({ median, isLeast }, bound) => (isLeast ? median >= bound : median <= bound)

const asked = ({ isLeast }, bound) => `${isLeast ? 'at least' : 'at most'} ${figure(bound)}`

/** Three significant digits, no exponent. */
export const figure = (value) =>
  value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3)
