import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.js'
import { auditLine } from '../../src/audit/line.js'
import { allow, internal } from '../../src/decision.js'
import { principal } from '../support/guards.js'
import { eventAt, outcomeOf } from './sample.js'

const MAX_LINE = 8192
/** Printable and unambiguous: no C0, DEL, C1, bidirectional control, separator or zero-width mark. */
const SAFE_LINE = /^[^\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+\n$/

/** Any code units, and in particular those that end lines, move cursors or turn text round. */
const hostile = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 0xa0 }),
      fc.constantFrom(0x22, 0x5c, 0x1b, 0x9b, 0x061c, 0x200b, 0x200e, 0x2028, 0x2029, 0x202e, 0x2066, 0x2069),
      fc.constantFrom(0xfeff, 0xfff9, 0xd800, 0xdbff, 0xdc00, 0xdfff),
    ),
    { maxLength: 60 },
  )
  .map((units) => String.fromCharCode(...units))

describe('one event is one line', () => {
  test('as JSON.stringify would write it', () => {
    const facts = { principal: { ...principal('alice'), client: 'web' } }
    const notices = [{ event: 'authz_fail', code: 'role_missing', guard: 'requireRole(admin)' }]
    const denied = { ...internal(new Error('away'), 'guard_failed'), facts }
    const events = [
      auditEvent(outcomeOf()),
      auditEvent(outcomeOf({ decision: allow(facts), notices }, { route: '/orders/:id' })),
      auditEvent(outcomeOf({ decision: denied })),
    ]
    for (const event of events) expect(auditLine(event)).toBe(`${JSON.stringify(event)}\n`)
  })

  test('also of an event of another maker, with members of other types', () => {
    const event = eventAt('/orders', { status: Number.NaN, code: undefined as never, client: ['a'] as never })
    expect(JSON.parse(auditLine(event))).toMatchObject({ status: null, code: null, client: ['a'] })
  })

  test.each([
    ['line feed', '\n', '\\n'],
    ['carriage return', '\r', '\\r'],
    ['escape', '\x1b[2J', '\\u001b[2J'],
    ['NUL', '\0', '\\u0000'],
    ['DEL', '\x7f', '\\u007f'],
    ['NEL', '\x85', '\\u0085'],
    ['C1 CSI', '\x9b2J', '\\u009b2J'],
    ['line separator', '\u2028', '\\u2028'],
    ['paragraph separator', '\u2029', '\\u2029'],
    ['right-to-left override', '\u202e', '\\u202e'],
    ['right-to-left isolate', '\u2067', '\\u2067'],
    ['Arabic letter mark', '\u061c', '\\u061c'],
    ['zero-width space', '\u200b', '\\u200b'],
    ['byte order mark', '\ufeff', '\\ufeff'],
    ['lone surrogate', '\ud800', '\\ud800'],
    ['quote', '"', '\\"'],
    ['backslash ahead of a control', '\\\u202e', '\\\\\\u202e'],
    ['letters of any script', '\u00e9\u4e2d\u{1f600}', '\u00e9\u4e2d\u{1f600}'],
  ])('%s', (_label, text, written) => {
    const line = auditLine(eventAt(`/${text}`))
    expect(line).toContain(`"path":"/${written}"`)
    expect(line).toMatch(SAFE_LINE)
    expect(JSON.parse(line).path).toBe(`/${text}`)
  })

  test('whatever a request and its caller hold; it is read back as it was', () => {
    const any = fc.record({
      id: hostile,
      issuer: hostile,
      client: hostile,
      path: hostile,
      method: hostile,
      code: hostile,
    })
    fc.assert(
      fc.property(any, hostile, ({ id, issuer, client, path, method, code }, text) => {
        const facts = { principal: { ...principal(), id, issuer, client } }
        const decision = { ...internal(new Error(text), code), guard: text, facts }
        const notices = [{ event: 'authz_fail', code, guard: text }]
        const request = { path: `/${path}`, method, client: text, route: text }
        const event = auditEvent(outcomeOf({ decision, notices }, request))
        const line = auditLine(event)
        expect(line).toMatch(SAFE_LINE)
        expect(JSON.parse(line)).toEqual(event)
      }),
      { numRuns: 500 },
    )
  })

  test('a caller cannot bring in a field of the event', () => {
    const forged = '","decision":"allow","x":"'
    const decision = { ...internal(new Error(forged), 'guard_failed'), facts: { principal: principal(forged) } }
    const line = auditLine(auditEvent(outcomeOf({ decision }, { path: `/${forged}` })))
    expect(JSON.parse(line)).toMatchObject({ decision: 'deny', principal: { id: forged } })
    expect(Object.keys(JSON.parse(line))).not.toContain('x')
  })

  test('a claim with the name of a field is no field', () => {
    const decision = allow({ principal: { ...principal('alice'), claims: { decision: 'deny', status: 500 } } })
    expect(JSON.parse(auditLine(auditEvent(outcomeOf({ decision }))))).toMatchObject({ decision: 'allow', status: 200 })
  })
})

describe('a line is bounded', () => {
  test.each(['/orders', `/${'x'.repeat(10_000)}`])('and has no member that an event has not: %.8s', (path) => {
    const event = { ...eventAt(path, { principal: null as never }), secret: 'x' }
    expect(JSON.parse(auditLine(event))).not.toHaveProperty('secret')
    expect(JSON.parse(auditLine(event))).not.toHaveProperty('principal')
  })

  const notice = { event: 'authz_fail', code: 'role_missing', guard: 'x'.repeat(500) }

  test('a crowd of notices is left out, and the line says so', () => {
    const event = eventAt('/orders', { notices: Array.from({ length: 16 }, () => notice) })
    const line = auditLine(event)
    expect(line.length).toBeLessThanOrEqual(MAX_LINE)
    expect(JSON.parse(line)).toEqual({ ...event, notices: undefined, cause: 'cut' })
  })

  test('as many notices as fit are kept', () => {
    const notices = Array.from({ length: 10 }, () => notice)
    expect(JSON.parse(auditLine(eventAt('/orders', { notices })))).toMatchObject({ notices })
  })

  test.each([
    ['the longest fields, each character escaped', '\u0085'],
    ['the longest fields, each character of two', '\u{1f600}'],
    ['the longest fields', 'x'],
  ])('%s', (_label, character) => {
    const long = character.repeat(10_000)
    const facts = { principal: { ...principal(long), issuer: long, client: long } }
    const decision = { ...internal(new Error(long.replaceAll('x', 'x ')), long), guard: long, facts }
    const request = { path: `/${long}`, method: long, client: long, route: long }
    const line = auditLine(auditEvent(outcomeOf({ decision }, request)))
    expect(line.length).toBeLessThanOrEqual(MAX_LINE)
    expect(line).toMatch(SAFE_LINE)
    expect(JSON.parse(line)).toMatchObject({ decision: 'deny', kind: 'internal', status: 200 })
  })

  test('an event of another maker, with fields of any length', () => {
    const line = auditLine(eventAt(`/${'x'.repeat(100_000)}`, { code: '\0'.repeat(100_000), notices: [] }))
    expect(line.length).toBeLessThanOrEqual(MAX_LINE)
    expect(JSON.parse(line)).toMatchObject({ decision: 'deny', status: 403, cause: 'cut' })
  })
})
