import { describe, expect, test } from 'vitest'
import { clientAddress, type SecurityEvent } from '../../src/index.js'
import { headerReader } from '../support/context.js'
import { peerAt, seenBy } from './peers.js'

const STRANGER = '203.0.113.66'
const CLIENT = '198.51.100.9'
const PROXY = '10.0.0.1'

type Line = string | readonly [name: string, value: string]
type Case = [name: string, peer: string | undefined, lines: readonly Line[], code?: string]

const trustedProxies = ['10.0.0.0/8']
const proxies = (length: number) => Array.from({ length }, (_, index) => `10.1.0.${index}`)

describe('behind trusted proxies', () => {
  const rule = () => clientAddress({ trustedProxies })

  test.each<Case>([
    ['one address', PROXY, [CLIENT]],
    ['a chain', PROXY, [`${STRANGER}, ${CLIENT}, 10.2.2.2`]],
    ['a chain in two lines', PROXY, [STRANGER, CLIENT]],
    ['what the client sent ahead', PROXY, [`junk, , ${CLIENT}`]],
    ['more than 64 entries that the client sent ahead', PROXY, [`${'1.1.1.1,'.repeat(500)}${CLIENT}`]],
    ['64 entries, of which 63 are proxies', PROXY, [[CLIENT, ...proxies(63)].join()]],
    ['64 entries, all proxies', PROXY, [proxies(64).join()]],
    ['65 entries, of which 64 are proxies', PROXY, [[CLIENT, ...proxies(64)].join()], 'forwarding_long'],
    ['a field of a proxy beside it', PROXY, [CLIENT, ['forwarded', `for=${STRANGER}`], ['x-real-ip', STRANGER]]],
    ['no field: the proxy itself asks', PROXY, []],
    ['junk', PROXY, ['junk'], 'forwarding_malformed'],
    ['nothing', PROXY, [''], 'forwarding_malformed'],
    ['junk nearest', PROXY, [`${CLIENT}, junk`], 'forwarding_malformed'],
    ['junk behind a proxy', PROXY, [`${CLIENT}, junk, 10.1.1.1`], 'forwarding_malformed'],
    ['unknown', PROXY, ['unknown'], 'forwarding_malformed'],
    ['the twin alone', PROXY, [['x_forwarded_for', STRANGER]], 'forwarding_twin'],
    ['the twin beside the field', PROXY, [CLIENT, ['X_Forwarded_For', STRANGER]], 'forwarding_twin'],
    ['the twin beside junk', PROXY, ['junk', ['x_forwarded_for', STRANGER]], 'forwarding_malformed'],
    ['another field alone', PROXY, [['forwarded', `for=${CLIENT}`]], 'forwarding_ignored'],
    ['X-Real-IP alone', PROXY, [['x-real-ip', CLIENT]], 'forwarding_ignored'],
    ['a stranger', STRANGER, []],
    ['a stranger that forwards', STRANGER, [CLIENT], 'forwarding_untrusted'],
    ['a stranger that forwards nothing', STRANGER, [''], 'forwarding_untrusted'],
    [
      'a stranger with every field',
      STRANGER,
      [CLIENT, CLIENT, ['forwarded', 'x'], ['x-real-ip', 'x']],
      'forwarding_untrusted',
    ],
    ['a stranger with Forwarded', STRANGER, [['forwarded', `for=${CLIENT}`]], 'forwarding_untrusted'],
    ['a stranger with X-Real-IP', STRANGER, [['x-real-ip', CLIENT]], 'forwarding_untrusted'],
    ['a stranger with the twin', STRANGER, [['x_forwarded_for', CLIENT]], 'forwarding_untrusted'],
    ['a stranger with a field that nobody takes for one', STRANGER, [['x-forwarded-proto', 'https']]],
    ['a Unix socket', undefined, []],
    ['a Unix socket that forwards', undefined, [CLIENT], 'forwarding_untrusted'],
  ])('%s', (_name, peer, lines, code) =>
    expect(seenBy(rule(), peer, ...lines).codes).toEqual(code === undefined ? [] : [code]),
  )

  test('what is wrong with a request is told of each', () => {
    const same = rule()
    for (const lines of [['junk'], ['junk']]) expect(seenBy(same, PROXY, ...lines).codes).toHaveLength(1)
    for (const lines of [[CLIENT], [CLIENT]]) expect(seenBy(same, STRANGER, ...lines).codes).toHaveLength(1)
  })
})

describe('by Forwarded', () => {
  test.each<Case>([
    ['an address', PROXY, [['forwarded', `for=${CLIENT};proto=https`]]],
    ['a hidden node', PROXY, [['forwarded', 'for=_hidden']], 'forwarding_malformed'],
    ['a hidden node left of the client', PROXY, [['forwarded', `for=_hidden, for=${CLIENT}`]]],
    ['no for', PROXY, [['forwarded', 'proto=https']], 'forwarding_malformed'],
    ['two of them in one element', PROXY, [['forwarded', `for=${CLIENT};for=${CLIENT}`]], 'forwarding_malformed'],
    ['X-Forwarded-For alone', PROXY, [CLIENT], 'forwarding_ignored'],
    ['a stranger', STRANGER, [['forwarded', 'for=_hidden']], 'forwarding_untrusted'],
    ['a stranger with X-Forwarded-For', STRANGER, [CLIENT], 'forwarding_untrusted'],
  ])('%s', (_name, peer, lines, code) =>
    expect(seenBy(clientAddress({ trustedProxies, header: 'forwarded' }), peer, ...lines).codes).toEqual(
      code === undefined ? [] : [code],
    ),
  )
})

describe('by hops', () => {
  test.each<Case>([
    ['as many entries', PROXY, [`${CLIENT}, 10.1.1.1`]],
    ['more entries', PROXY, [`junk, ${CLIENT}, 10.1.1.1`]],
    ['whoever the peer is', STRANGER, [`${CLIENT}, 10.1.1.1`]],
    ['fewer entries', PROXY, [CLIENT], 'forwarding_short'],
    ['no field', PROXY, [], 'forwarding_short'],
    ['no field on a Unix socket', undefined, [], 'forwarding_short'],
    ['another field', PROXY, [['forwarded', `for=${CLIENT}, for=10.1.1.1`]], 'forwarding_short'],
    ['junk there', PROXY, ['junk, 10.1.1.1'], 'forwarding_malformed'],
    ['the twin', PROXY, [`${CLIENT}, 10.1.1.1`, ['x_forwarded_for', STRANGER]], 'forwarding_twin'],
  ])('%s', (_name, peer, lines, code) =>
    expect(seenBy(clientAddress({ hops: 2 }), peer, ...lines).codes).toEqual(code === undefined ? [] : [code]),
  )
})

describe('without proxies', () => {
  test.each<Case>([
    ['no field', CLIENT, []],
    ['X-Forwarded-For', PROXY, [CLIENT], 'forwarding_ignored'],
    ['Forwarded', PROXY, [['forwarded', `for=${CLIENT}`]], 'forwarding_ignored'],
    ['X-Real-IP', PROXY, [['x-real-ip', CLIENT]], 'forwarding_ignored'],
    ['all of them', PROXY, [CLIENT, ['forwarded', 'x'], ['x-real-ip', 'x']], 'forwarding_ignored'],
    ['over a Unix socket', undefined, [CLIENT], 'forwarding_ignored'],
    ['X-Forwarded-Proto', PROXY, [['x-forwarded-proto', 'https']]],
  ])('%s', (_name, peer, lines, code) =>
    expect(seenBy(clientAddress(), peer, ...lines).codes).toEqual(code === undefined ? [] : [code]),
  )
})

test.each([
  ['without proxies', () => clientAddress(), [CLIENT]],
  ['with another field', () => clientAddress({ trustedProxies, header: 'forwarded' }), [CLIENT]],
  ['with a field of one address', () => clientAddress({ trustedProxies, header: 'fly-client-ip' }), [CLIENT]],
])('a setting that does not fit is told of the first request alone: %s', (_name, make, lines) => {
  const rule = make()
  expect(seenBy(rule, PROXY).codes).toEqual([])
  expect(seenBy(rule, PROXY, ...lines).codes).toEqual(['forwarding_ignored'])
  for (let more = 0; more < 3; more++) expect(seenBy(rule, PROXY, ...lines).codes).toEqual([])
  expect(seenBy(make(), PROXY, ...lines).codes).toEqual(['forwarding_ignored']) // another service, told of its own
})

test.each<readonly [SecurityEvent['code'], SecurityEvent['event'], string, readonly Line[]]>([
  ['forwarding_untrusted', 'malicious_extraneous', STRANGER, [CLIENT]],
  ['forwarding_twin', 'malicious_extraneous', PROXY, [CLIENT, ['x_forwarded_for', STRANGER]]],
  ['forwarding_malformed', 'input_validation_fail', PROXY, ['junk']],
  ['forwarding_long', 'input_validation_fail', PROXY, [proxies(65).join()]],
  ['forwarding_ignored', 'input_validation_fail', PROXY, [['x-real-ip', CLIENT]]],
])('%s is an event %s, and holds nothing that was sent', (code, event, peer, lines) => {
  const told: SecurityEvent[] = []
  const fields = lines.map((line) => (typeof line === 'string' ? (['x-forwarded-for', line] as const) : line))
  clientAddress({ trustedProxies })(peerAt(peer), headerReader(fields), (notice) => void told.push(notice))
  expect(told).toEqual([{ event, code, guard: 'clientAddress' }])
})

test('a rule that is asked without an ear for it answers the same', () => {
  const rule = clientAddress({ trustedProxies })
  expect(rule(peerAt(STRANGER), headerReader([['x-forwarded-for', CLIENT]]))).toBe(STRANGER)
  expect(rule(peerAt(PROXY), headerReader([['x-forwarded-for', 'junk']]))).toBe(PROXY)
  expect(clientAddress()(peerAt(PROXY), headerReader([['x-forwarded-for', CLIENT]]))).toBe(PROXY)
})
