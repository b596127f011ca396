import { issueKey } from '@wardline/example-zero-trust-domain'

try {
  const key = await issueKey(process.argv.slice(2))
  if (key !== undefined) process.stdout.write(`${key}\n`)
} catch (error) {
  process.stderr.write(`issue-key: ${(error as Error).message}\n`)
  process.exitCode = 1
}
