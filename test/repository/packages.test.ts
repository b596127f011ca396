import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesIn, manifestOf, npm, PUBLISHED, ROOT } from './sources.js'

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** What the consumer has beside the tarballs; from this repository, since a test has no registry to ask. */
const RUNTIME = ['ajv', 'ajv-formats', 'lru-cache']

let folder: string
let packed: readonly Packed[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-consumer-'))
  packed = PUBLISHED.map((path) => pack(join(ROOT, path)))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pack = (path: string): Packed =>
  (
    JSON.parse(
      npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder, path], ROOT),
    ) as readonly Packed[]
  )[0]!

describe.each(PUBLISHED)('%s', (path) => {
  const manifest = manifestOf(path)

  test('has every file that exports names', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    )
    expect(targets.filter((target) => !existsSync(join(ROOT, path, target)))).toEqual([])
    expect(targets.length).toBeGreaterThan(1)
  })

  test('resolves every entry by its name', async () => {
    for (const entry of Object.keys(manifest.exports).filter((name) => !name.endsWith('.json'))) {
      const specifier = `${manifest.name}${entry.slice(1)}`
      expect(Object.keys(await import(specifier)), specifier).not.toEqual([])
    }
  })

  test('packs output, manifest, licence and documents, and nothing else', () => {
    const files = packed.find(({ name }) => name === manifest.name)?.files.map((file) => file.path) ?? []
    const stray = files.filter(
      (file) => !/^(?:dist\/[\w./-]+\.(?:js|d\.ts)|package\.json|LICENSE|README\.md|CHANGELOG\.md)$/.test(file),
    )
    expect(stray).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']),
    )
  })
})

describe('a project that installs the tarballs', () => {
  beforeAll(() => {
    for (const dependency of RUNTIME) packed = [...packed, pack(join(ROOT, 'node_modules', dependency))]
    for (const dependency of transitive(RUNTIME)) packed = [...packed, pack(join(ROOT, 'node_modules', dependency))]
    const tarballs = Object.fromEntries(packed.map(({ name, filename }) => [name, `file:./${filename}`]))
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'consumer', private: true, dependencies: tarballs }),
    )
    npm(['install', '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund'], folder)
    link('@types/node', 'undici-types', 'express', 'koa')
    cpSync(join(ROOT, 'test/repository/consumer'), folder, { recursive: true })
  }, 120_000)

  /** What a consumer has of its own: compiler types and the frameworks. */
  const link = (...names: readonly string[]) => {
    for (const name of names) {
      mkdirSync(join(folder, 'node_modules', name, '..'), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
    }
  }

  test('gets no more than the dependencies that are promised', () => {
    const installed = readdirSync(join(folder, 'node_modules')).filter(
      (name) => !name.startsWith('.') && !name.startsWith('@'),
    )
    const promised = ['wardline', ...RUNTIME, ...transitive(RUNTIME), 'undici-types', 'express', 'koa']
    expect(installed.sort()).toEqual([...new Set(promised)].sort())
  })

  test('type-checks, as an ES module and as CommonJS', () => {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  test.each([
    ['out/esm.mjs', 'function 403 all(responseHeaders, rateLimit(baseline), wellFormed)\n'],
    ['out/commonjs.cjs', 'function 403 middleware function\n'],
  ])('runs %s', (script, output) => {
    expect(execFileSync(process.execPath, ['--no-warnings', join(folder, script)], { encoding: 'utf8' })).toBe(output)
  })
})

/** Everything that `names` need, and what that needs. */
function transitive(names: readonly string[]): readonly string[] {
  const found = new Set<string>()
  const queue = [...names]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
      readonly dependencies?: Readonly<Record<string, string>>
    }
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (names.includes(dependency) || found.has(dependency)) continue
      found.add(dependency)
      queue.push(dependency)
    }
  }
  return [...found]
}

test('the tests look at every published package', () => {
  const manifests = filesIn('packages', 'package.json').map((path) => path.replace('/package.json', ''))
  const published = manifests.filter((path) => manifestOf(path).private !== true)
  expect(['.', ...published].sort()).toEqual([...PUBLISHED].sort())
})
