import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A service of `services/` that listens, with its garbage collector at hand, and answers what it is asked. */
export async function startChild(service, env) {
  const path = fileURLToPath(new URL(`../services/${service}.mjs`, import.meta.url))
  const child = fork(path, { env: { ...process.env, NODE_ENV: 'production', ...env }, execArgv: ['--expose-gc'] })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`services/${service}.mjs ended with ${code}`)
  })
  ended.catch(() => {}) // nobody may be waiting
  const answer = () => Promise.race([once(child, 'message').then(([said]) => said), ended])
  const { port } = await answer()
  return {
    port,
    ask: (what) => {
      child.send(what)
      return answer()
    },
    end: async () => {
      if (child.connected) child.disconnect()
      await ended.catch(() => {})
    },
  }
}
