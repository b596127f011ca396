import { createGuard, type GuardFactory } from './guard.js'

export { createGuard, type GuardFactory, type GuardMiddleware } from './guard.js'
export type { ExpressNext, ExpressRequest, ExpressResponse } from './http.js'

/** The guards of a service with default settings: denials are audited to standard output. */
const service = createGuard()

/** Middleware for a policy; without one, the baseline. See `GuardFactory`. */
export const guard: GuardFactory['guard'] = service.guard

/** A policy as a decorator for a handler method. See `GuardFactory`. */
export const guarded: GuardFactory['guarded'] = service.guarded

/** The end of a route whose policy has the answer ready. See `GuardFactory`. */
export const answer: GuardFactory['answer'] = service.answer
