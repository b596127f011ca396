import { median } from './statistics.mjs'
import { figure } from './table.mjs'

/**
 * Whether every measure is as good as the same in the later readings, by medians: it may grow by a tenth, or by `noise`,
 * where it is small altogether. Prints each.
 *
 * @param measures - By name, `noise`.
 */
export function isFlat(before, after, measures) {
  let isMet = true
  for (const [name, noise] of Object.entries(measures)) {
    const middle = (readings) => median(readings.map((reading) => reading[name]))
    const [first, last] = [middle(before), middle(after)]
    const met = last - first <= Math.max(0.1 * first, noise)
    isMet &&= met
    const text = `${figure(first)} -> ${figure(last)}`
    console.log(`${mark(met)}  growth of ${name.padEnd(18)}${text.padStart(16)} (at most 10 %, or ${noise})`)
  }
  return isMet
}

/** Whether as much is kept as may be, and no more. Prints each of `{ what, count, most }`. */
export function isBound(bounds) {
  console.log()
  let isMet = true
  for (const { what, count, most } of bounds) {
    const met = count <= most && (count > 0 || most === 0) // nothing at all was not counted
    isMet &&= met
    console.log(`${mark(met)}  ${what.padEnd(28)}${String(count).padStart(8)} (at most ${most})`)
  }
  return isMet
}

const mark = (met) => (met ? 'met   ' : 'MISSED')
