export * from './access/index.js'
export * from './audit/index.js'
export { all } from './compose/all.js'
export { any } from './compose/any.js'
export { choose } from './compose/choose.js'
export { report } from './compose/report.js'
export { decide, settle } from './compose/settle.js'
export { when } from './compose/when.js'
export type {
  BodyRead,
  BodySource,
  HeaderReader,
  NoFacts,
  Peer,
  RequestContext,
  SecurityEvent,
} from './context.js'
export * from './decision.js'
export { methodDecorator } from './decorator.js'
export * from './edge/index.js'
export { evaluate } from './evaluate.js'
export {
  defineGuard,
  describe,
  type Guard,
  type GuardDescription,
  type GuardInfo,
  type MaybePromise,
  type Room,
} from './guard.js'
export * from './identity/index.js'
export * from './input/index.js'
export {
  type Actor,
  type Authentication,
  definePrincipal,
  type Principal,
  type PrincipalFacts,
  type Proof,
} from './principal.js'
export * from './rate/index.js'
export type { Reply, ReplyFacts } from './reply.js'
export type {
  AuditActor,
  AuditEvent,
  AuditPrincipal,
  AuditTrail,
  ClientAddressRule,
  ResourceIdentity,
  ServiceSettings,
} from './service.js'
