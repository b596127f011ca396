import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditEvent } from '../../src/audit/event.js'
import { toHttp } from '../../src/http/index.js'
import {
  all,
  allow,
  byPrincipal,
  type Denial,
  decide,
  defineGuard,
  type Principal,
  rateLimit,
  requireRole,
} from '../../src/index.js'
import { contextFor } from '../support/context.js'
import { type Block, blocksOf, filesIn, manifestOf, ROOT, read } from './sources.js'

const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...filesIn('docs', '.md'),
  ...filesIn('packages', '.md'),
]

const BLOCKS = DOCUMENTS.flatMap(blocksOf)
const readme = (language: string): string => {
  const block = BLOCKS.find((candidate) => candidate.document === 'README.md' && candidate.language === language)
  if (block === undefined) throw new Error(`README.md has no ${language} block`)
  return block.code
}

describe('code in the documents', () => {
  const folder = join(ROOT, 'node_modules/.cache/wardline-documents')
  const fileOf = ({ document, file }: Block, index: number) =>
    join(folder, document.replaceAll('/', '-'), file ?? `${index}`)
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const compilerOptions = { noEmit: true, noUnusedLocals: false }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../../tsconfig.base.json', compilerOptions }),
    )
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
    BLOCKS.filter(({ language }) => language === 'ts').forEach((block, index) => {
      const file = fileOf(block, index)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(`${file}.ts`, block.code)
    })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('compiles', () => {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(BLOCKS.filter(({ language }) => language === 'ts').length).toBeGreaterThan(12)
  })

  test('of the pages on identity, traffic and a whole service runs', async () => {
    const pages = BLOCKS.filter(
      ({ document, language }) =>
        /^docs\/(?:(?:identity|traffic)\/|a-whole-service)/.test(document) && language === 'ts',
    )
    const files = pages.map((block, index) => `${fileOf(block, index)}.js`)
    pages.forEach(({ code }, index) => {
      writeFileSync(files[index]!, transformSync(code, { loader: 'ts', format: 'esm' }).code)
    })
    const failed: string[] = []
    for (const [index, { document }] of pages.entries()) {
      await import(pathToFileURL(files[index]!).href).catch((error: Error) =>
        failed.push(`${document}: ${error.message}`),
      )
    }
    expect(failed).toEqual([])
    expect(pages.length).toBeGreaterThan(8)
  })

  test('is in a language that a test looks at', () => {
    const languages = new Set(BLOCKS.map(({ language }) => language))
    expect([...languages].sort()).toEqual(['http', 'json', 'sh', 'text', 'ts'])
  })

  test('runs the scripts that the package has', () => {
    const scripts = (manifestOf('.') as unknown as { readonly scripts: Readonly<Record<string, string>> }).scripts
    const called = BLOCKS.filter(({ language }) => language === 'sh').flatMap(({ code }) => [
      ...code.matchAll(/npm (?:run )?(test|demo|\w+:\w+)/g),
    ])
    expect(called.map((match) => match[1]).filter((script) => scripts[script!] === undefined)).toEqual([])
    expect(readme('sh')).toBe('npm ci && npm run demo\n')
  })
})

describe('README', () => {
  test('its ten lines are the example hello, to the letter', () => {
    expect(readme('ts')).toBe(read('examples/hello/src/app.ts'))
  })

  const principal = {
    issuer: 'https://id.example.com',
    id: 'alice',
    client: 'orders-web',
    roles: new Set(),
  } as unknown as Principal
  const policy = all(
    rateLimit({ name: 'address', limit: 300, windowMs: 60_000 }),
    defineGuard({ name: 'caller', check: () => allow({ principal }) }),
    rateLimit({ name: 'principal', limit: 100, windowMs: 60_000, key: byPrincipal }),
    requireRole('admin'),
  )
  const nowMs = Date.parse('2026-11-24T09:30:00Z')
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const ctx = contextFor({ method: 'DELETE', path: '/orders/42', route: '/orders/:id', nowMs })

  test('its denial is what such a policy answers', () => {
    const denial = decide(policy, ctx) as Denial
    const { status, headers, body } = toHttp(denial, 'urn:uuid:4bf92f35-77b3-4da6-a3ce-929d0e0e4736')
    const lines = [`HTTP/1.1 ${status} Forbidden`, ...headers.map(([name, value]) => `${name}: ${value}`), '', body, '']
    expect(readme('http')).toBe(lines.join('\n'))
  })

  test('its audit line is what the trail writes', () => {
    const decision = decide(policy, ctx) as Denial
    const event = auditEvent({
      ctx,
      decision,
      policy: policy.name,
      status: 403,
      traceId,
      arrivedMs: nowMs,
      endedMs: nowMs + 3,
      notices: undefined,
    })
    expect(readme('json')).toBe(`${JSON.stringify(event)}\n`)
  })
})

test.each(DOCUMENTS)('the links of %s lead somewhere', (document) => {
  const targets = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) =>
    join(document, '..', match[1]!),
  )
  expect(targets.filter((target) => spawnSync('test', ['-e', join(ROOT, target)]).status !== 0)).toEqual([])
})
