/** What a listener of the service is told. */
export interface Telling {
  readonly event: string
}

/** Everything that listeners of a service were told, in order. */
export class Told {
  readonly events: Telling[] = []
  readonly #waiting = new Map<string, () => void>()

  readonly note = (telling: Telling): void => {
    this.events.push(telling)
    this.#waiting.get(telling.event)?.()
  }

  /** Resolves at the next event of that name. One waits for it at a time. */
  next(event: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(event, resolve))
  }
}
