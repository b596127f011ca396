import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The convention of nginx for a client that left before it had its answer. */
const CLIENT_LEFT = 499

/**
 * Tells all who ask how one request ended. A policy may ask often: one listener at the response stands for all of them. One
 * that throws keeps it from nobody else.
 */
export class Ending {
  #listeners: ((status: number) => void)[] = []
  #status: number | undefined

  constructor(request: IncomingMessage, response: ServerResponse) {
    onFinished(request, response, (status) => this.#end(status))
  }

  /** Calls `listener` once; at once where it has ended. */
  tell(listener: (status: number) => void): void {
    if (this.#status === undefined) this.#listeners.push(listener)
    else listener(this.#status)
  }

  #end(status: number): void {
    this.#status = status
    const listeners = this.#listeners
    this.#listeners = []
    callAll(listeners, status)
  }
}

/** Calls each, though one may throw; then the first error goes on. */
function callAll<T>(listeners: Iterable<(value: T) => void>, value: T): void {
  const failures: unknown[] = []
  for (const listener of listeners) {
    try {
      listener(value)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** Calls `listener` once, when the answer has been sent or the client has left. */
export function onFinished(
  request: IncomingMessage,
  response: ServerResponse,
  listener: (status: number) => void,
): void {
  if (response.destroyed) listener(CLIENT_LEFT)
  else if (response.socket === null && !response.writableFinished) onQueued(request.socket, response, listener)
  // it closes once; `once` itself costs four times what `on` does
  else response.on('close', () => listener(statusOf(response)))
}

const statusOf = (response: ServerResponse): number => (response.writableFinished ? response.statusCode : CLIENT_LEFT)

/** Those whose answers wait behind another of their connection. One listener for all: a client may send many ahead. */
const QUEUED = Symbol('wardline.queued')

/** A response that waits behind another has no socket yet, and is told nothing when that closes. */
function onQueued(
  socket: Socket & { [QUEUED]?: Set<() => void> },
  response: ServerResponse,
  listener: (status: number) => void,
) {
  if (socket.destroyed) return listener(CLIENT_LEFT)
  if (socket[QUEUED] === undefined) {
    const queued = new Set<() => void>()
    socket[QUEUED] = queued
    socket.on('close', () => callAll(queued, undefined))
  }
  const queued = socket[QUEUED]
  const finish = () => {
    if (queued.delete(finish)) listener(statusOf(response))
  }
  queued.add(finish)
  response.on('close', finish)
}
