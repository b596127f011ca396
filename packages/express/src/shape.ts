const MARK = Symbol('wardline.shape')

/** The engine up to Node 22 has the flaw; in Node 24 the cure would cost more than it saves. */
const isNeeded = Number.parseInt(process.versions.v8, 10) < 13

/**
 * Gives a request or a response a hidden class that it shares with all others.
 *
 * Express changes the prototype of both, after which older V8s make a new hidden class for every property that is added,
 * and no access to the object hits an inline cache: each takes up to a microsecond, in Express and in Node as much as here.
 * Adding a property and removing it again turns the object into a dictionary, and dictionaries share their hidden class.
 * That pays for most of what guards cost (docs/performance.md).
 */
export function settleShape(object: object & { [MARK]?: undefined }): void {
  if (!isNeeded) return
  try {
    object[MARK] = undefined
    delete object[MARK]
  } catch {
    // a proxy of the application's own that takes no such property: it stays as it is
  }
}
