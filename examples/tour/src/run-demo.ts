type Ending = () => Promise<unknown>

/**
 * Runs `demo`, whose number of failures becomes the exit code, and ends what it has started, last first.
 *
 * @param flags - Arguments that it knows.
 */
export async function runDemo(
  name: string,
  flags: readonly string[],
  demo: (atTheEnd: (ending: Ending) => void, given: ReadonlySet<string>) => Promise<number>,
): Promise<void> {
  // A reader that has seen enough (`| head`) must not leave the service behind.
  process.stdout.on('error', () => {})
  const given = new Set(process.argv.slice(2))
  const unknown = [...given].find((argument) => !flags.includes(argument))
  if (unknown !== undefined) {
    const known = flags.length === 0 ? 'there are none' : `the only one is ${flags.join(' or ')}`
    process.stderr.write(`${name}: unknown argument ${unknown}; ${known}\n`)
    process.exitCode = 2
    return
  }
  const endings: Ending[] = []
  try {
    const failed = await demo((ending) => void endings.unshift(ending), given)
    process.exitCode = failed === 0 ? 0 : 1
  } finally {
    for (const end of endings) await end()
  }
}
