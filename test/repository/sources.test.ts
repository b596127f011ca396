import { describe, expect, test } from 'vitest'
import { filesIn, read } from './sources.js'

const SOURCES = ['src', 'packages', 'examples', 'test'].flatMap((folder) =>
  filesIn(folder, '.ts', '.js', '.mjs', '.json'),
)
const TEXTS = [...SOURCES, ...filesIn('.', '.md', '.yml')]

describe('sources', () => {
  test('are ASCII', () => {
    const offenders = SOURCES.filter((path) => /[^\n\x20-\x7e]/.test(read(path)))
    expect(SOURCES.length).toBeGreaterThan(80)
    expect(offenders).toEqual([])
  })

  test('have at most 400 lines', () => {
    expect(SOURCES.filter((path) => path.endsWith('.ts') && read(path).split('\n').length > 400)).toEqual([])
  })

  test('hold no focused, skipped or unfinished test, and no switched-off check', () => {
    const switchedOff = /\.(?:only|skip|todo)\(|@ts-ignore|@ts-nocheck|biome-ignore/
    expect(SOURCES.filter((path) => !path.endsWith('sources.test.ts') && switchedOff.test(read(path)))).toEqual([])
  })

  test('and documents name no path of a machine', () => {
    const machine = /(?:^|[\s"'(])\/(?:home|root|work|Users|tmp)\//m
    expect(TEXTS.filter((path) => !path.endsWith('sources.test.ts') && machine.test(read(path)))).toEqual([])
  })

  test('the lock file names no registry', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "https?:/)
  })
})
