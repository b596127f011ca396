import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { machine } from './machine.mjs'
import { plots } from './plots.mjs'

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))
const PUBLISHED = fileURLToPath(new URL('../../docs/performance/', import.meta.url))

/** Writes one case's figures, with what they were measured on, and the plots that show it. */
export function save(result) {
  mkdirSync(RESULTS, { recursive: true })
  const stamped = { ...result, machine: machine(), date: new Date().toISOString().slice(0, 10) }
  forget(RESULTS, result.name)
  writeFileSync(`${RESULTS}${result.name}.json`, `${JSON.stringify(stamped, undefined, 2)}\n`)
  for (const [name, svg] of plots(stamped)) writeFileSync(`${RESULTS}${name}.svg`, svg)
}

/** Takes the figures of the last runs into the documents. */
export function publish() {
  mkdirSync(PUBLISHED, { recursive: true })
  const files = readdirSync(RESULTS)
  for (const file of files.filter((one) => one.endsWith('.json'))) forget(PUBLISHED, file.slice(0, -'.json'.length))
  for (const file of files) copyFileSync(RESULTS + file, PUBLISHED + file)
}

/** A case may have fewer rows than it had. */
function forget(folder, name) {
  const own = new RegExp(`^${name}(?:\\.json|-\\d+\\.svg)$`)
  for (const file of readdirSync(folder)) if (own.test(file)) rmSync(folder + file)
}

/** The published figures, in the order of their names. */
export const saved = () =>
  readdirSync(PUBLISHED)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(PUBLISHED + file, 'utf8')))
