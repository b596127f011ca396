/** Why a body was not read, as the caller is told. `already_read` is not the caller's fault, and not among them. */
export const BODY_FAULT = {
  too_large: { code: 'body_too_large', detail: 'The body is too large.', status: 413 },
  timed_out: { code: 'body_timeout', detail: 'The body took too long to arrive.', status: 408 },
  incomplete: { code: 'body_incomplete', detail: 'The body ended before it was complete.', status: undefined },
} as const
