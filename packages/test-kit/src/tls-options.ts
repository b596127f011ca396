/** The TLS side of a client. */
export interface ClientTls {
  /** Whom to trust, PEM. */
  readonly ca: string
  /** The client's certificate, with those between it and the root, PEM. */
  readonly cert?: string
  readonly key?: string
}
