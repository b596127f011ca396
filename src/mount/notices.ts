import type { SecurityEvent } from '../context.js'

/** More than a request of any honest policy makes. */
const MAX_NOTICES = 16

/** What guards noticed of one request. */
export class Notices {
  #list: SecurityEvent[] | undefined

  /** Undefined when there are none. */
  get list(): readonly SecurityEvent[] | undefined {
    return this.#list
  }

  /** Beyond 16 they are dropped. */
  add(event: SecurityEvent): void {
    this.#list ??= []
    if (this.#list.length < MAX_NOTICES) this.#list.push(event)
  }
}
