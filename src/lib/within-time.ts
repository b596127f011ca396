/**
 * What `ask` gives within `ms`, whether or not it heeds the signal. Nothing of it is left when it ends: the timer of
 * `AbortSignal.timeout` would keep each request in memory until the time is up. What goes on beside the requests keeps no
 * process alive; somebody who awaits the answer gets one.
 *
 * @throws DOMException `TimeoutError` (rejects) when the time is up.
 */
export function withinTime<T>(
  ms: number,
  ask: (signal: AbortSignal) => PromiseLike<T>,
  kind: 'beside' | 'awaited' = 'beside',
): Promise<T> {
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const late = new DOMException(`no answer within ${ms} ms`, 'TimeoutError')
      reject(late)
      controller.abort(late)
    }, ms)
    if (kind === 'beside') timer.unref()
    void (async () => ask(controller.signal))()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
