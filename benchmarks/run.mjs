// npm run bench [-- NAME ...] [-- --publish], npm run bench:check, and --table, which prints what README shows.
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from './lib/machine.mjs'
import { publish, save, saved } from './lib/results.mjs'
import { goalTable, printCase, readmeTable } from './lib/table.mjs'

const { values: flags, positionals } = parseArgs({
  options: { check: { type: 'boolean' }, publish: { type: 'boolean' }, table: { type: 'boolean' } },
  allowPositionals: true,
})

/** What a check runs. */
const OWN = new Set(['wardline', 'floor', 'bare'])

const cases = readdirSync(fileURLToPath(new URL('cases/', import.meta.url)))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => basename(file, '.mjs'))
const unknown = positionals.find((name) => !cases.includes(name))

if (flags.table) {
  console.log(readmeTable(saved()))
} else if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}. There are: ${cases.join(', ')}.`)
  process.exitCode = 2
} else {
  await main(positionals.length === 0 ? cases : positionals)
}

async function main(names) {
  console.log(`${machine()}\n`)
  const results = []
  for (const name of names) {
    const { default: benchmark } = await import(`./cases/${name}.mjs`)
    if (flags.check && benchmark.isChecked === false) continue
    const result = { name, about: benchmark.about, rows: await rowsOf(benchmark) }
    printCase(result)
    if (!flags.check) save(result)
    results.push(result)
  }
  const missed = goalTable(results, flags.check ? 'check' : 'goal')
  if (flags.publish) publish()
  if (flags.check && missed > 0) process.exitCode = 1
}

/** A check asks only whether wardline has grown slow beside its floor, in fewer rounds. */
function rowsOf(benchmark) {
  const chosen = (contenders) =>
    Object.fromEntries(Object.entries(contenders).filter(([name]) => !flags.check || OWN.has(name.split(' ')[0])))
  return benchmark.run({ check: flags.check === true, rounds: flags.check ? 7 : 25, chosen })
}
