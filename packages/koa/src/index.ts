import { createGuard } from './guard.js'

export { createGuard, type GuardFactory, type GuardMiddleware } from './guard.js'
export type { KoaContext, KoaNext } from './http.js'

/** Guards of a service with default settings: denials are audited to standard output. */
export const { guard, guarded } = createGuard()
