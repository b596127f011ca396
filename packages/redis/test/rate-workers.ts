import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { ending } from './rate-support.js'
import type { Order } from './rate-worker.js'

const ROOT = join(import.meta.dirname, '../../..')

/** Another process of the service. */
export interface Worker {
  readonly process: ChildProcess
  /** How many of so many fit. */
  readonly take: (order: Order) => Promise<number>
}

/** Starts processes that share the Redis at `port`. What they run is built of the sources. */
export async function workers(count: number, port: number): Promise<readonly Worker[]> {
  const outDir = join(ROOT, 'node_modules/.cache', `wardline-rate-worker-${process.pid}`)
  await build({
    entryPoints: [join(import.meta.dirname, 'rate-worker.ts')],
    outdir: outDir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    external: ['ioredis', 'lru-cache', 'ajv', 'ajv-formats'],
    alias: { wardline: join(ROOT, 'src/index.ts') },
  })
  ending(outDir, (path) => rmSync(path, { recursive: true }))
  return Promise.all(Array.from({ length: count }, () => start(join(outDir, 'rate-worker.mjs'), port)))
}

async function start(path: string, port: number): Promise<Worker> {
  const child = ending(fork(path, [`${port}`], { stdio: 'inherit' }), async (running) => {
    if (running.exitCode !== null || running.signalCode !== null) return
    running.kill('SIGKILL')
    await once(running, 'exit')
  })
  await once(child, 'message')
  return {
    process: child,
    take: async (order) => {
      child.send(order)
      const [fitting] = await once(child, 'message')
      return fitting
    },
  }
}
