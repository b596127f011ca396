import { setTimeout as pause } from 'node:timers/promises'

/** The reasons of promises that `run` left behind and nobody handled: any of them would end a process. */
export async function unhandledRejections(run: () => unknown): Promise<readonly unknown[]> {
  const reasons: unknown[] = []
  const note = (reason: unknown): number => reasons.push(reason)
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', note)
  try {
    await run()
    await pause(20)
  } finally {
    process.off('unhandledRejection', note)
    for (const listener of others) process.on('unhandledRejection', listener)
  }
  return reasons
}
