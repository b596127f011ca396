import { loaded } from './loaded.mjs'
import { row } from './row.mjs'

/** A whole service, bare and guarded three ways, and whatever else is asked for, under the same load. */
export async function stack(framework, { check, chosen }, { throughput, floor, usual, more = {}, goals = [] }) {
  const services = await loaded(
    chosen({
      bare: `${framework}-bare`,
      floor: `${framework}-floor`,
      wardline: `${framework}-wardline`,
      'usual packages': `${framework}-usual`,
      ...more,
    }),
    check ? { rounds: 3, seconds: 2 } : { lives: 4, rounds: 2, seconds: 3 },
  )
  const of = (reading) =>
    Object.fromEntries(services.map(({ name, readings }) => [name, readings.map((one) => one[reading])]))
  const added = (contender) => (costs) => costs[contender] - costs.bare
  const timesAdded = (other, goal) => ({
    what: `times what the ${other} adds`,
    of: (costs) => added('wardline')(costs) / added(other)(costs),
    ...goal,
  })
  return [
    row({
      name: `${framework}: CPU a request`,
      unit: 'us',
      readings: of('cpuMicros'),
      goals: [timesAdded('floor', floor), timesAdded('usual packages', usual), ...goals],
    }),
    row({
      name: `${framework}: requests a second`,
      unit: '/s',
      readings: of('perSecond'),
      goals: [
        { what: 'of bare', of: ({ wardline, bare }) => wardline / bare, atLeast: throughput, check: throughput / 2 },
      ],
    }),
    row({ name: `${framework}: 99th percentile`, unit: 'ms', readings: of('p99Ms') }),
    row({ name: `${framework}: resident memory`, unit: 'MiB', readings: of('rssMiB') }),
  ]
}
