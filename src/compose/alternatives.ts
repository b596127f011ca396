import type { Guard } from '../guard.js'

type NeedsAsParameter<G> = G extends Guard<infer Needs, object> ? (needs: Needs) => void : never

/** What any of several guards gives. */
export type GivesOf<G> = G extends Guard<never, infer Gives> ? Gives : never

/** What all of several guards need together. */
export type NeedsOfAll<G> = NeedsAsParameter<G> extends (needs: infer Needs extends object) => void ? Needs : never
