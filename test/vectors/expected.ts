/** What a verifier makes of a case. `code` is for its own log; the caller is told `status` and `error`. */
export type Expected =
  | { readonly allowed: true }
  | {
      readonly allowed: false
      readonly status: number
      /** Of the challenge; none where the answer has no challenge. */
      readonly error?: string
      readonly code: string
    }

export const ALLOWED: Expected = { allowed: true }

/** RFC 6750 section 3.1: a bad token is 401 `invalid_token`, whatever is wrong with it. */
export const refused = (code: string, error = 'invalid_token', status = 401): Expected => ({
  allowed: false,
  status,
  error,
  code,
})

/** A refusal without a challenge. */
export const denied = (code: string, status: number): Expected => ({ allowed: false, status, code })
