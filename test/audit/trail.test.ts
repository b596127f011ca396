import { describe, expect, test } from 'vitest'
import { type AuditSink, type AuditTrailOptions, auditTrail } from '../../src/audit/index.js'
import type { AuditEvent } from '../../src/service.js'
import { eventAt } from './sample.js'

/** A sink that keeps what it takes. */
function memorySink(): AuditSink & { readonly taken: AuditEvent[]; readonly isClosed: () => boolean } {
  const taken: AuditEvent[] = []
  let closed = false
  return {
    taken,
    isClosed: () => closed,
    write: (event) => void taken.push(event),
    close: async () => {
      closed = true
    },
  }
}

const denied = eventAt('/denied')
const allowed = eventAt('/allowed', {
  decision: 'allow',
  kind: 'allowed',
  code: 'allowed',
  event: undefined,
  status: 200,
})
const noticed = {
  ...allowed,
  path: '/noticed',
  notices: [{ event: 'authz_fail', code: 'role_missing', guard: 'report' }],
}

describe('a trail', () => {
  test.each<[AuditTrailOptions['include'], readonly AuditEvent[]]>([
    [undefined, [denied, allowed, noticed]],
    ['all', [denied, allowed, noticed]],
    ['denials', [denied, noticed]],
  ])('that includes %s', (include, expected) => {
    const sink = memorySink()
    const trail = auditTrail({ sink, include })
    for (const event of [denied, allowed, noticed]) trail.record(event)
    expect(sink.taken).toEqual(expected)
  })

  test('closes its sink', async () => {
    const sink = memorySink()
    const trail = auditTrail({ sink })
    expect(sink.isClosed()).toBe(false)
    await trail.close()
    expect(sink.isClosed()).toBe(true)
  })

  test('calls write and close as methods, of a sink that is an instance', async () => {
    const instance = new (class implements AuditSink {
      readonly taken: AuditEvent[] = []
      write = (event: AuditEvent) => void this.taken.push(event)
      close = async () => void this.taken.splice(0)
    })()
    const trail = auditTrail({ sink: instance })
    const { record, close } = trail
    record(denied)
    expect(instance.taken).toEqual([denied])
    await close()
    expect(instance.taken).toEqual([])
  })

  test('is frozen', () => expect(Object.isFrozen(auditTrail({ sink: memorySink() }))).toBe(true))
})

describe('options', () => {
  const write = () => {}
  const close = async () => {}

  test.each<[label: string, options: unknown, message: string]>([
    ['null', null, 'auditTrail(): options must be an object, got null'],
    ['an unknown option', { sinks: [] }, 'auditTrail(): unknown option sinks; known are sink, include'],
    ['a sink that is null', { sink: null }, 'sink must have write and close, got null'],
    ['a sink that is a function', { sink: write }, 'sink must have write and close, got a function'],
    ['a sink that is a path', { sink: '/var/log/audit' }, 'sink must have write and close, got "/var/log/audit"'],
    ['a sink without write', { sink: { close } }, 'sink.write must be a function, got undefined'],
    ['a sink without close', { sink: { write } }, 'sink.close must be a function, got undefined'],
    [
      'an unknown choice',
      { sink: { write, close }, include: 'deny' },
      'include must be one of all, denials, got "deny"',
    ],
  ])('%s is a TypeError', (_label, options, message) => {
    const constructing = () => auditTrail(options as AuditTrailOptions)
    expect(constructing).toThrow(TypeError)
    expect(constructing).toThrow(message)
  })
})
