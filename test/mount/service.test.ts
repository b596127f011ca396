import { describe, expect, test } from 'vitest'
import { auditTrail, type Peer } from '../../src/index.js'
import { resolveService } from '../../src/mount/index.js'
import { headerReader } from '../support/context.js'

const peer: Peer = { address: '203.0.113.7', encrypted: false, certificate: () => undefined, sentBytes: () => 0 }
const audit = { record: () => {} }
const clock = () => 7
const clientAddress = () => '198.51.100.1'

describe('defaults', () => {
  const service = resolveService()

  test('enforce, at the present time', () => {
    expect(service.mode).toBe('enforce')
    expect(service.clock).toBe(Date.now)
    expect(Object.isFrozen(service)).toBe(true)
  })

  test('forwarding fields are ignored', () =>
    expect(service.clientAddress(peer, headerReader([['x-forwarded-for', '10.0.0.1']]))).toBe('203.0.113.7'))

  test('services that name no trail share one', () => {
    expect(service.audit.record).toBeTypeOf('function')
    expect(resolveService({ mode: 'report' }).audit).toBe(service.audit)
  })

  test('a member that is undefined is a default', () =>
    expect(
      resolveService({ audit: undefined, clientAddress: undefined, clock: undefined, mode: undefined }),
    ).toMatchObject({ audit: service.audit, clock: Date.now, mode: 'enforce' }))
})

test('settings are taken as they are', () => {
  const service = resolveService({ audit, clock, clientAddress, mode: 'report' })
  expect(service).toMatchObject({ audit, clientAddress, mode: 'report' })
  expect(service.clock()).toBe(7)
})

test.each([[Number.NaN], [undefined], [Number.POSITIVE_INFINITY], ['7'], [7n], [new Date(7)]])(
  'a clock that gives %s is an error, and never a time',
  (given) => {
    const service = resolveService({ audit, clock: () => given as never })
    expect(() => service.clock()).toThrow(/^clock must give milliseconds since the epoch, got/)
    expect(() => service.clock()).toThrow(TypeError)
  },
)

test('a trail of the library is a trail', () => {
  const trail = auditTrail({ sink: { write: () => {}, close: async () => {} } })
  expect(resolveService({ audit: trail }).audit).toBe(trail)
})

test.each<[unknown, string]>([
  [null, 'createGuard(): options must be an object, got null'],
  ['report', 'createGuard(): options must be an object, got "report"'],
  [[], 'createGuard(): options must be an object, got an array'],
  [
    { trustProxy: true },
    'createGuard(): unknown option trustProxy; known are audit, clientAddress, clock, mode, resource',
  ],
  [{ Mode: 'report' }, 'createGuard(): unknown option Mode; known are audit, clientAddress, clock, mode, resource'],
  [{ mode: 'off' }, 'mode must be one of enforce, report, got "off"'],
  [{ mode: 'Report' }, 'mode must be one of enforce, report, got "Report"'],
  [{ mode: true }, 'mode must be one of enforce, report, got true'],
  [{ audit: {} }, 'audit must be an audit trail, got an object'],
  [{ audit: null }, 'audit must be an audit trail, got null'],
  [{ audit: () => {} }, 'audit must be an audit trail, got a function'],
  [{ audit: { record: 'stdout' } }, 'audit must be an audit trail, got an object'],
  [{ clientAddress: '10.0.0.0/8' }, 'clientAddress must be a function, got "10.0.0.0/8"'],
  [{ clientAddress: null }, 'clientAddress must be a function, got null'],
  [{ clock: 0 }, 'clock must be a function, got 0'],
])('settings %j are an error', (settings, message) =>
  expect(() => resolveService(settings as never)).toThrow(new TypeError(message)),
)
