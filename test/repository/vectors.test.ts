import { describe, expect, test } from 'vitest'
import { FILE_NAMES, vectorFiles } from '../vectors/published/index.js'
import type { VectorFile } from '../vectors/published/vector-file.js'
import { filesIn, read } from './sources.js'

const FOLDER = 'test/vectors/json'
const textOf = (name: string): string => read(`${FOLDER}/${name}`)
const made = await vectorFiles(textOf)

describe('the published vectors', () => {
  test('are a file for each standard, and no other', () => {
    expect(filesIn(FOLDER, '')).toEqual(FILE_NAMES.map((name) => `${FOLDER}/${name}`))
  })

  test('are small enough to be read', () => {
    const bytes = FILE_NAMES.reduce((sum, name) => sum + textOf(name).length, 0)
    expect(bytes).toBeLessThan(650_000)
  })

  test('are counted in their README', () => {
    const readme = read('test/vectors/README.md')
    for (const name of FILE_NAMES) {
      const { standard, cases } = made[name]
      expect(readme).toContain(`| [\`${name}\`](json/${name}) | ${standard} | ${cases.length} |`)
    }
  })
})

describe.each(FILE_NAMES)('%s', (name) => {
  const { cases, ...rest } = JSON.parse(textOf(name)) as VectorFile

  test('is what the tables say: npm run vectors makes it again', () => {
    const asJson = JSON.parse(JSON.stringify(made[name])) as VectorFile
    expect({ ...rest, cases }).toEqual(asJson)
  })

  test('begins with a good case, and has as many that are refused', () => {
    expect(cases[0]).toMatchObject({ name: 'good', expected: { allowed: true } })
    expect(cases.filter(({ expected }) => expected.allowed === false).length).toBeGreaterThan(20)
  })

  test('names each case once, and the section that it is about', () => {
    expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length)
    const section = /^(?:RFC \d{4}|X509-SVID|SPIFFE-ID) (?:section|appendix) [\dA-Z]+(?:\.\d+)*(?: item \d+)?$/
    expect(cases.filter((each) => !section.test(each.section))).toEqual([])
    expect(cases.filter((each) => !/^[ -~]+$/.test(each.name))).toEqual([])
  })

  test('sends nothing twice under two names', () => {
    const sent = cases.map(
      ({ name: _name, section: _section, expected: _expected, choice: _choice, why: _why, ...input }) =>
        // tokens of introspection are names alone, given to tell requests apart
        JSON.stringify('response' in input ? { ...input, token: undefined } : input),
    )
    expect(sent.filter((input, at) => sent.indexOf(input) !== at)).toEqual([])
  })

  test('says what no standard decides, and why', () => {
    const open = cases.filter((each) => 'choice' in each || 'why' in each)
    expect(open.length).toBeGreaterThan(8)
    expect(open).not.toContain(cases[0])
    for (const each of open) {
      expect(each).toMatchObject({ choice: true, why: expect.stringMatching(/^[A-Z][ -~]{10,80}\.$/) })
    }
    expect(rest.about.join(' ')).toContain('`choice: true`')
  })

  test('gives keys as JWK sets, but for private ones', () => {
    const { private: _private, ...sets } = rest.keys ?? {}
    expect(Object.values(sets).filter((set) => !Array.isArray((set as { keys?: unknown }).keys))).toEqual([])
  })
})
