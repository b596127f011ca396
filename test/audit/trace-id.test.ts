import { describe, expect, test } from 'vitest'
import { traceId } from '../../src/audit/trace-id.js'
import { headerReader } from '../support/context.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

const traceIdOf = (...values: readonly string[]) =>
  traceId(headerReader(values.map((value) => ['traceparent', value] as const)))

describe('W3C Trace Context', () => {
  test.each([
    [`00-${TRACE}-${PARENT}-01`],
    [`00-${TRACE}-${PARENT}-00`],
    [`00-${TRACE}-${PARENT}-ff`],
    // section 4.3: a later version may go on after another hyphen
    [`cc-${TRACE}-${PARENT}-01`],
    [`cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`],
  ])('%s is the caller`s trace', (value) => expect(traceIdOf(value)).toBe(TRACE))

  test.each([
    ['nothing in it', ''],
    ['text', 'trace'],
    ['zeros for the trace', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['zeros for the parent', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${TRACE}-${PARENT}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['a version in capitals', `CC-${TRACE}-${PARENT}-01`],
    ['no version', `${TRACE}-${PARENT}-01`],
    ['a short version', `0-${TRACE}-${PARENT}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['a long trace', `00-${TRACE}0-${PARENT}-01`],
    ['a short parent', `00-${TRACE}-${PARENT.slice(1)}-01`],
    ['no flags', `00-${TRACE}-${PARENT}`],
    ['short flags', `00-${TRACE}-${PARENT}-1`],
    ['long flags', `00-${TRACE}-${PARENT}-011`],
    ['no hexadecimal', `00-${TRACE.replace('4', 'g')}-${PARENT}-01`],
    ['underscores', `00_${TRACE}_${PARENT}_01`],
    ['version 00 that goes on', `00-${TRACE}-${PARENT}-01-what-the-future-will-be-like`],
    ['version 00 with a hyphen at the end', `00-${TRACE}-${PARENT}-01-`],
    ['a later version that goes on without a hyphen', `cc-${TRACE}-${PARENT}-01.what`],
    ['a space in front', ` 00-${TRACE}-${PARENT}-01`],
    ['a space behind', `00-${TRACE}-${PARENT}-01 `],
    ['a line break behind', `00-${TRACE}-${PARENT}-01\n`],
    ['a line break inside', `cc-${TRACE}-${PARENT}-01-\n{"event":"forged"}`],
    ['a list', `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
  ])('%s: a new one', (_label, value) => {
    const found = traceIdOf(value)
    expect(found).toMatch(/^[0-9a-f]{32}$/)
    expect(found).not.toBe(TRACE)
  })

  test('two fields: a new one', () => {
    const value = `00-${TRACE}-${PARENT}-01`
    expect(traceIdOf(value, value)).not.toBe(TRACE)
  })

  test('no field: a new one for each request', () => {
    const made = new Set(Array.from({ length: 1_000 }, () => traceIdOf()))
    expect(made.size).toBe(1_000)
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{32}$/)
  })
})
