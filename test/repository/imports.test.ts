import { describe, expect, test } from 'vitest'
import { filesIn, importsOf } from './sources.js'

/** design: a file imports from its own layer's allowed list and from nothing above. */
const CORE = [
  'src/context.ts',
  'src/decision.ts',
  'src/dependency.ts',
  'src/guard.ts',
  'src/principal.ts',
  'src/reply.ts',
]
const ENGINE = ['src/evaluate.ts', 'src/service.ts', 'src/compose/']
const ROOMS = ['src/edge/', 'src/rate/', 'src/identity/', 'src/access/', 'src/input/', 'src/audit/']
const MOUNTING = ['src/http/', 'src/decorator.ts', 'src/mount/']

/** From the bottom up: what may be imported from a file in this layer, beside the layers below. */
const LAYERS: readonly (readonly string[])[] = [['src/lib/'], CORE, ENGINE, ROOMS, MOUNTING, ['src/index.ts']]

const layerOf = (path: string): number => LAYERS.findIndex((layer) => layer.some((prefix) => path.startsWith(prefix)))
const roomOf = (path: string): string | undefined => ROOMS.find((room) => path.startsWith(room))

/** Why `importer` may not import `imported`; undefined when it may. */
function fault(importer: string, imported: string): string | undefined {
  if (!imported.startsWith('src/')) return undefined
  if (layerOf(imported) > layerOf(importer)) return 'runs up'
  const room = roomOf(importer)
  if (room !== undefined && roomOf(imported) !== undefined && roomOf(imported) !== room) return 'runs across rooms'
  return undefined
}

describe('imports run one way', () => {
  const edges = filesIn('src', '.ts').flatMap((importer) =>
    importsOf(importer).map((imported) => [importer, imported] as const),
  )

  test('every file of the core has its layer, and there are imports to look at', () => {
    expect(filesIn('src', '.ts').filter((path) => layerOf(path) === -1)).toEqual([])
    expect(edges.length).toBeGreaterThan(100)
  })

  test('from lib upwards, and never from room to room', () => {
    expect(edges.filter(([importer, imported]) => fault(importer, imported) !== undefined)).toEqual([])
  })

  test.each([
    ['src/lib/address.ts', 'src/guard.ts', 'runs up'],
    ['src/guard.ts', 'src/evaluate.ts', 'runs up'],
    ['src/compose/report.ts', 'src/rate/rate-limit.ts', 'runs up'],
    ['src/rate/rate-limit.ts', 'src/identity/jwt.ts', 'runs across rooms'],
    ['src/audit/event.ts', 'src/http/index.ts', 'runs up'],
    ['src/access/authorize.ts', 'src/principal.ts', undefined],
  ])('the rule says of %s importing %s: %s', (importer, imported, verdict) => {
    expect(fault(importer, imported)).toBe(verdict)
  })

  test.each(['express', 'koa'])('the %s adapter uses published entry points of the core only', (adapter) => {
    const outside = filesIn(`packages/${adapter}/src`, '.ts')
      .flatMap(importsOf)
      .filter((imported) => !imported.startsWith(`packages/${adapter}/src/`) && !imported.startsWith('node:'))
    expect(new Set(outside)).toEqual(new Set(['wardline', 'wardline/http', 'wardline/mount']))
  })

  test('@wardline/redis uses the core by its entry point, and brings no client', () => {
    const outside = filesIn('packages/redis/src', '.ts')
      .flatMap(importsOf)
      .filter((imported) => !imported.startsWith('packages/redis/src/') && !imported.startsWith('node:'))
    expect(new Set(outside)).toEqual(new Set(['wardline', 'lru-cache']))
  })

  test('the core imports no framework', () => {
    const packages = new Set(
      edges.map(([, imported]) => imported).filter((imported) => !/^(?:src\/|node:)/.test(imported)),
    )
    expect([...packages].sort()).toEqual(['ajv-formats', 'ajv/dist/2020.js', 'lru-cache'])
  })
})
