/** Bits over in the last character do not count: the example of RFC 8705 section 3.1 has some. Such a one matches nothing. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/

/** Whether it is a SHA-256 in base64url, as RFC 7638 and RFC 8705 write the thumbprints of keys and certificates. */
export const isThumbprint = (value: unknown): value is string => typeof value === 'string' && THUMBPRINT.test(value)
