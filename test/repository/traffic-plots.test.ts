import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { memoryStore, type RateLimitStore } from '../../src/index.js'
import { filesIn, ROOT, read } from './sources.js'

interface Plots {
  readonly algorithmPlots: (store: () => RateLimitStore) => Readonly<Record<string, string>>
}

const FOLDER = 'docs/traffic/plots'
const PAGES = filesIn('docs/traffic', '.md')
const { algorithmPlots } = (await import(pathToFileURL(join(ROOT, 'scripts/algorithm-plots.mjs')).href)) as Plots
const made = algorithmPlots(memoryStore)

/** What a drawing says, without how it says it. */
const texts = (svg: string): readonly string[] => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((at) => at[1]!)

test('the drawings of algorithms are files, and no other', () => {
  expect(filesIn(FOLDER, '').toSorted()).toEqual(
    Object.keys(made)
      .map((name) => `${FOLDER}/${name}`)
      .toSorted(),
  )
})

describe.each(Object.keys(made))('%s', (name) => {
  const drawn = read(`${FOLDER}/${name}`)

  test('is what the algorithms do: npm run plots makes it again', () => expect(drawn).toBe(made[name]))

  test('has a title, names of its axes, and colours for dark pages', () => {
    expect(drawn).toMatch(/<title>[^<]+<\/title>/)
    expect(texts(drawn).some((text) => /seconds/.test(text))).toBe(true)
    expect(texts(drawn).some((text) => /^requests in/.test(text))).toBe(true)
    expect(drawn).toContain('@media(prefers-color-scheme:dark)')
  })

  test('is shown with a text in its place', () => {
    const shown = PAGES.flatMap((page) => [...read(page).matchAll(/!\[([^\]]*)\]\(([^)]*)\)/g)])
    const alternatives = shown.filter(([, , target]) => target === `plots/${name}`).map(([, text]) => text!)
    expect(alternatives.length).toBeGreaterThan(0)
    for (const text of alternatives) expect(text.length).toBeGreaterThan(60)
  })
})

test('a store that counts otherwise draws otherwise', () => {
  const generous = (): RateLimitStore => ({
    ...memoryStore(),
    take: (requests) => requests.map(() => ({ allowed: true, remaining: 1, retryAfterMs: 0, resetMs: 0 })),
  })
  expect(algorithmPlots(generous)['burst.svg']).not.toBe(made['burst.svg'])
})

test('the page says how many were admitted in the worst window', () => {
  const worst = texts(made['worst-window.svg']!)
  const page = read('docs/traffic/choosing-an-algorithm.md')
  for (const label of ['token-bucket', 'token-bucket, burst 5', 'sliding-window', 'fixed-window']) {
    const counts = worst.flatMap((text, at) => (text === label ? [worst[at + 1]!] : []))
    expect(counts.length).toBe(4)
    expect(page).toContain(`| ${label} | ${counts.join(' | ')} |`)
  }
})
