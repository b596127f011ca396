/** An authorization server gave no answer about a token. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** Whether it may be for this token alone, and the server is well. */
  readonly isOfToken: boolean

  constructor(message: string, { isOfToken = false, cause }: { isOfToken?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.isOfToken = isOfToken
  }
}
