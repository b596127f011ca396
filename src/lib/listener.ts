import { isPromiseLike } from './maybe-promise.js'

/**
 * Tells `listener` of `event`, which it gets frozen. That it throws, or rejects later, is nobody else's business.
 *
 * @returns False where it threw.
 */
export function tell<E extends object>(listener: ((event: E) => unknown) | undefined, event: E): boolean {
  try {
    const told = listener?.(Object.freeze(event))
    if (isPromiseLike(told)) told.then(undefined, () => {})
    return true
  } catch {
    return false
  }
}
