import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Files below `folder` whose name ends in one of `endings`, relative to the root; without dependencies and output. */
export function filesIn(folder: string, ...endings: readonly string[]): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !/(?:^|\/)(?:node_modules|dist|coverage|\.git)\//.test(path))
}

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** Code in a document. */
export interface Block {
  readonly document: string
  readonly language: string
  /** Where it begins with the name of a file, as `// guards.ts`: that name. Others of its page import it. */
  readonly file: string | undefined
  readonly code: string
}

export const blocksOf = (document: string): readonly Block[] =>
  [...read(document).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    document,
    language: language!,
    file: /^\/\/ ([\w-]+)\.ts\n/.exec(code!)?.[1],
    code: code!,
  }))

/** Specifiers of every import and re-export of a file; relative ones resolved to a path from the root. */
export function importsOf(path: string): readonly string[] {
  const specifiers = [...read(path).matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!)
  return specifiers.map((specifier) =>
    specifier.startsWith('.')
      ? relative(ROOT, join(ROOT, dirname(path), specifier)).replace(/\.js$/, '.ts')
      : specifier,
  )
}

/** Folders of the packages that are published. */
export const PUBLISHED = ['.', 'packages/express', 'packages/koa', 'packages/redis'] as const

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
}

export const manifestOf = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json')))

/** Runs npm and gives what it printed. */
export const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
