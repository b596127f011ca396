import type { HeaderReader, Peer, SecurityEvent } from './context.js'
import type { DenialKind } from './decision.js'

/**
 * Decides the client's address from the connection and the forwarding fields. Must not throw. `report` notes something in
 * the request's audit event, such as a field that is not believed; a rule that calls another hands it on.
 */
export type ClientAddressRule = (
  peer: Peer,
  headers: HeaderReader,
  report?: ((event: SecurityEvent) => void) | undefined,
) => string

/** The caller, as far as the audit trail keeps it. */
export interface AuditPrincipal {
  /** Who vouches for it: `principal.issuer`. */
  readonly issuer: string
  /** Unique within the issuer: `principal.id`. */
  readonly id: string
  /** The OAuth client, or who holds the key: `principal.client`. */
  readonly client?: string | undefined
  /** Who acts for the caller (RFC 8693 section 4.1), the latest first, at most four. */
  readonly actors?: readonly AuditActor[] | undefined
}

/** Who acts for a caller, as far as the audit trail keeps it. */
export interface AuditActor {
  /** Unique within its issuer. */
  readonly id: string
  /** Absent where the token names none. */
  readonly issuer?: string | undefined
}

/** One request that met a guard. Built from these named fields only: no token, cookie, query or body has a place in it. */
export interface AuditEvent {
  /** ISO 8601, UTC: when the request arrived. */
  readonly time: string
  /** Name from the OWASP Logging Vocabulary; absent for an anonymous request that was allowed. */
  readonly event?: string | undefined
  /** What became of the request in the end. */
  readonly decision: 'allow' | 'deny'
  /** Denial code, or `allowed`. */
  readonly code: string
  /** Denial kind, or `allowed`. */
  readonly kind: DenialKind | 'allowed'
  /** The guard that denied, or the policy that allowed. */
  readonly guard: string
  /** The request's method. */
  readonly method: string
  /** Without the query, cut at 512 characters. */
  readonly path: string
  /** Pattern of the route that matched; absent where none has. */
  readonly route?: string | undefined
  /** What was answered; 499 where the caller left before. */
  readonly status: number
  /** The client's address, by the service's rule. */
  readonly client: string
  /** The caller, where a guard knew it. */
  readonly principal?: AuditPrincipal | undefined
  /** W3C trace id: the caller's `traceparent` where it sent a valid one. */
  readonly traceId: string
  /** From arrival to the end of the answer, in milliseconds. */
  readonly durationMs: number
  /** What guards noticed beside their answers, and what guards in report mode would have denied. */
  readonly notices?: readonly SecurityEvent[] | undefined
  /** Why a guard failed (kinds internal and unavailable): error name and message. */
  readonly cause?: string | undefined
}

/** Where audit events go. */
export interface AuditTrail {
  /** Takes one event. Never blocks and never throws. */
  readonly record: (event: AuditEvent) => void
}

/** What all guards of one service share. */
export interface ServiceSettings {
  /** Default: denials, as JSON lines on standard output. */
  readonly audit?: AuditTrail | undefined
  /** Default: the socket's address; forwarding fields are ignored. See `clientAddress()`. */
  readonly clientAddress?: ClientAddressRule | undefined
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
  /**
   * What this service is (RFC 9728): every `Bearer` and `DPoP` challenge then says where its metadata are. See
   * `protectedResource()`.
   */
  readonly resource?: ResourceIdentity | undefined
  /**
   * `report` lets every request pass and records what would have been denied; facts may then be missing.
   * Default: `enforce`.
   */
  readonly mode?: 'enforce' | 'report' | undefined
}

/** A protected resource, as far as challenges speak of it. */
export interface ResourceIdentity {
  /** URL of the metadata document (RFC 9728 section 3). */
  readonly metadataUrl: string
}

/** Settings with nothing missing but what may be. */
export type Service = {
  readonly [K in Exclude<keyof ServiceSettings, 'resource'>]-?: Exclude<ServiceSettings[K], undefined>
} & Pick<ServiceSettings, 'resource'>

/** OWASP Logging Vocabulary name for each kind of denial. A control that cannot decide is a control that is off. */
export const DENIAL_EVENT: Readonly<Record<DenialKind, string>> = {
  unauthenticated: 'authn_login_fail',
  forbidden: 'authz_fail',
  invalid: 'input_validation_fail',
  exhausted: 'excess_rate_limit_exceeded',
  unavailable: 'sys_monitor_disabled',
  internal: 'sys_monitor_disabled',
}
