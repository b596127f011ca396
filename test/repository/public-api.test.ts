import { join } from 'node:path'
import { API, type Checker, type Symbol as Declared, SymbolFlags, TypeFlags } from 'typescript/unstable/sync'
import { afterAll, describe, expect, test } from 'vitest'
import { ROOT } from './sources.js'

/** What services and adapters import. */
const ENTRIES = [
  'src/index.ts',
  'src/http/index.ts',
  'src/mount/index.ts',
  'packages/express/src/index.ts',
  'packages/koa/src/index.ts',
]

interface Documented {
  readonly name: string
  readonly type: string
  readonly comment: string
}

/** What its comment leaves out; undefined when nothing. Of an option that is a number, the caller needs three things. */
function gap({ name, type, comment }: Documented): string | undefined {
  if (comment === '') return 'no comment'
  if (!/Options\.\w+$/.test(name)) return undefined
  const isNumber = /^number(?: \| undefined)?$/.test(type)
  if (isNumber && UNIT.test(name) && !/millisecond|second|byte|day/i.test(comment)) return 'no unit'
  if (isNumber && !/\d to \S/.test(comment) && !comment.includes('since the epoch')) return 'no range'
  const hasDefault = /^(?:number|boolean) \| undefined$/.test(type)
  return hasDefault && !/Default: ./.test(comment) ? 'no default' : undefined
}

const UNIT = /(?:Ms|Seconds|Bytes|Days)$/

describe('the rule of comments', () => {
  test.each([
    ['AcmeOptions', '', '', 'no comment'],
    ['AcmeOptions.name', 'string', 'Shown to people.', undefined],
    ['AcmeOptions.waitMs', 'number | undefined', 'How long it waits, in milliseconds, 1 to 10. Default: 5.', undefined],
    ['AcmeOptions.waitMs', 'number | undefined', 'How long it waits, 1 to 10. Default: 5.', 'no unit'],
    ['AcmeOptions.waitMs', 'number | undefined', 'How long it waits, in milliseconds. Default: 5.', 'no range'],
    ['AcmeOptions.waitMs', 'number | undefined', 'How long it waits, in milliseconds, 1 to 10.', 'no default'],
    ['AcmeOptions.limit', 'number', 'Requests at once, 1 to 10.', undefined],
    ['AcmeOptions.nowMs', 'number | undefined', 'Milliseconds since the epoch. Default: now.', undefined],
    ['AcmeOptions.isStrict', 'boolean | undefined', 'Whether it is strict.', 'no default'],
    ['AcmeState.failures', 'number', 'Failed attempts.', undefined],
  ])('says of %s: %s with the comment %j: %s', (name, type, comment, verdict) => {
    expect(gap({ name, type, comment })).toBe(verdict)
  })
})

describe('every export, and every member of an exported type, says what it is', () => {
  const api = new API({ cwd: ROOT })
  afterAll(() => api.close())
  const config = join(ROOT, 'tsconfig.json')
  const { checker, program } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!

  test.each(ENTRIES)('of %s', (entry) => {
    const file = program.getSourceFile(join(ROOT, entry))
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file!)!)
    const documented = exported.flatMap((symbol) => documentedBy(checker, symbol))
    expect(exported.length).toBeGreaterThan(4)
    expect(documented.length).toBeGreaterThan(exported.length)
    const told = documented.map((item) => `${item.name}: ${gap(item) ?? 'well'}`)
    expect(told.filter((line) => !line.endsWith(': well'))).toEqual([])
  })
})

/**
 * An export and its members: not those of the platform and of dependencies, nor those of a class, which are explained where
 * the interface is, nor those of a union, whose branches have comments that the compiler does not tell.
 */
function documentedBy(checker: Checker, symbol: Declared): readonly Documented[] {
  const own = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const isType = own.flags & (SymbolFlags.Interface | SymbolFlags.TypeAlias)
  const type = isType ? checker.getDeclaredTypeOfSymbol(own) : undefined
  const members = type === undefined || type.flags & TypeFlags.Union ? [] : checker.getPropertiesOfType(type)
  return [
    { name: symbol.name, type: '', comment: checker.getDocumentationCommentOfSymbol(own) },
    ...members.filter(isOurs).map((member) => ({
      name: `${symbol.name}.${member.name}`,
      type: checker.typeToString(checker.getTypeOfSymbol(member)!),
      comment: checker.getDocumentationCommentOfSymbol(member),
    })),
  ]
}

const isOurs = ({ declarations }: Declared): boolean =>
  declarations.some(({ path }) => path.startsWith(ROOT) && !path.includes('/node_modules/'))
