import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesIn, ROOT, read } from './sources.js'

interface Figures {
  readonly name: string
  readonly machine: string
  readonly date: string
  readonly rows: readonly { readonly name: string; readonly results: Readonly<Record<string, unknown>> }[]
}

const README = read('README.md')
const PUBLISHED = filesIn('docs/performance', '.json').map((file) => JSON.parse(read(file)) as Figures)
const CASES = filesIn('benchmarks/cases', '.mjs').map((file) => /([\w-]+)\.mjs$/.exec(file)![1])

describe('the published figures', () => {
  test('are those of every benchmark, from one machine', () => {
    expect(PUBLISHED.map(({ name }) => name).sort()).toEqual(CASES.sort())
    expect(new Set(PUBLISHED.map(({ machine }) => machine)).size).toBe(1)
  })

  test.each(PUBLISHED.map((figures) => [figures.name, figures] as const))(
    '%s has wardline in every row',
    (_name, { rows }) => {
      expect(rows.length).toBeGreaterThan(0)
      for (const { name, results } of rows) expect(Object.keys(results), name).toContain('wardline')
    },
  )

  test('are what README shows, with the machine and the date', () => {
    const table = execFileSync(process.execPath, [join(ROOT, 'benchmarks/run.mjs'), '--table'], { encoding: 'utf8' })
    expect(table.split('\n').length).toBeGreaterThan(10)
    expect(README).toContain(table.trim())
    expect(README).toContain(PUBLISHED[0]!.machine)
    for (const { date } of PUBLISHED) expect(README).toContain(date)
  })
})

test('every drawing that a document shows is there', () => {
  const shown = ['README.md', 'docs/performance.md'].flatMap((document) => [
    ...read(document).matchAll(/\]\(((?:docs\/)?performance\/[\w-]+\.svg)\)/g),
  ])
  expect(shown.length).toBeGreaterThan(0)
  for (const [, path] of shown) expect(existsSync(join(ROOT, path!.replace(/^(?:docs\/)?/, 'docs/'))), path).toBe(true)
})
