/** A method as its decorator sees it. */
export type Method<Args extends unknown[]> = (this: unknown, ...args: Args) => unknown

type AnyMethod = (...args: never[]) => unknown

/** A decorator for methods, for both proposals. */
export interface MethodDecorator {
  /** TC39 decorators. */
  <M extends AnyMethod>(method: M, context: ClassMethodDecoratorContext): M
  /** `experimentalDecorators`. */
  (target: object, key: string | symbol, descriptor: PropertyDescriptor): void
}

/**
 * Turns a method wrapper into a decorator that works with TC39 decorators and with `experimentalDecorators`.
 *
 * @throws TypeError when it decorates something else than a method: a field or class would go unguarded.
 */
export function methodDecorator<Args extends unknown[]>(wrap: (method: Method<Args>) => Method<Args>): MethodDecorator {
  const decorate = (target: unknown, key: unknown, descriptor?: PropertyDescriptor): unknown => {
    const standard = typeof key === 'object' && key !== null ? (key as ClassMethodDecoratorContext) : undefined
    const method: unknown = standard === undefined ? descriptor?.value : target
    if (typeof method !== 'function' || (standard !== undefined && standard.kind !== 'method')) {
      throw new TypeError(`a guard decorates methods only, not ${String(standard?.name ?? key)}`)
    }
    const wrapped = wrap(method as Method<Args>)
    if (standard !== undefined) return wrapped
    descriptor!.value = wrapped
    return undefined
  }
  return decorate as MethodDecorator
}
