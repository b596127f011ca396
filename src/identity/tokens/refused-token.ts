/** Why a token is refused, where the audit trail is told more than a code. */
export class RefusedToken {
  readonly code: string
  readonly cause: unknown

  constructor(code: string, cause: unknown) {
    this.code = code
    this.cause = cause
  }
}
