import { installRedis } from '../../packages/test-kit/src/redis-binary.js'

/** Before all tests: brings redis-server. Where that fails it says why, and each test that needs the server fails. */
export async function setup(): Promise<void> {
  await installRedis().catch(({ message }: Error) => process.stderr.write(`${message}\n`))
}
