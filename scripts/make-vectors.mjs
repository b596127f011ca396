// Writes test/vectors/json from the tables of test/vectors. What has not changed keeps its signatures and certificates.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const made = `${root}node_modules/.cache/wardline-vectors/index.mjs`
const folder = `${root}test/vectors/json/`

await build({
  absWorkingDir: root,
  entryPoints: ['test/vectors/published/index.ts'],
  outfile: made,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
})
const { vectorFiles } = await import(made)

const textOf = (name) => (existsSync(folder + name) ? readFileSync(folder + name, 'utf8') : undefined)
const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** In ASCII, as the formatter has it: a line for each member. */
function textFor(name, file) {
  const input = JSON.stringify(file, null, 2).replace(/[\u007f-\uffff]/g, escaped)
  const path = `test/vectors/json/${name}`
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'biome', 'format', '--stdin-file-path', path], {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`${path} cannot be formatted: ${stderr}`)
  return stdout
}

mkdirSync(folder, { recursive: true })
for (const [name, file] of Object.entries(await vectorFiles(textOf))) {
  writeFileSync(folder + name, textFor(name, file))
  process.stdout.write(`${name}: ${file.cases.length} cases\n`)
}
