/** Now, or later. */
export type MaybePromise<T> = T | PromiseLike<T>

/** Whether a value must be waited for. */
export const isPromiseLike = <T>(value: MaybePromise<T>): value is PromiseLike<T> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'

/** Goes on at once when the value is here; makes a Promise only when it is not. */
export const andThen = <T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> =>
  isPromiseLike(value) ? Promise.resolve(value).then(next) : next(value)
