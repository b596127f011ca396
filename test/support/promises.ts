import { createHook } from 'node:async_hooks'

/** What `work` returned, and how many promises were made before it did. */
export function promisesMadeBy<T>(work: () => T): { readonly result: T; readonly promises: number } {
  let promises = 0
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'PROMISE') promises++
    },
  }).enable()
  try {
    return { result: work(), promises }
  } finally {
    hook.disable()
  }
}
