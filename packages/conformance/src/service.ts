import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  type Guard,
  hardenServer,
  type MaybePromise,
  type NoFacts,
  type SecureServer,
  type ServiceSettings,
} from 'wardline'

/** A service without a framework: what an adapter builds and the tables send requests to. */
export interface Service {
  /** For `createGuard`. */
  readonly settings: ServiceSettings
  /** What every request must satisfy; undefined: the baseline, which `guard()` without a policy is. */
  readonly everyone: Guard<NoFacts, object> | undefined
  /** Before all routing, or only where a route asks for it: then the first guard of each route runs it. */
  readonly mountedAt: 'service' | 'routes'
  readonly routes: readonly Route[]
  /** Where the service ends TLS itself. Default: it speaks plain HTTP. */
  readonly tls?: SecureServer
}

/** One route: guards of its own, each built on the one before by `.and`, then the handler. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** `:name` marks a parameter. */
  readonly pattern: string
  readonly steps: readonly Guard<object, object>[]
  /** `answer`: the last guard has it ready, and the adapter's `answer()` sends it. */
  readonly handle: Handler | 'answer'
}

/** What a handler reads from the framework. */
export interface Call {
  /** Of the last guard of the route. */
  readonly facts: object
  readonly params: unknown
  readonly body: unknown
}

/** What a handler answers; `body` is sent as JSON, an absent one as nothing. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

type Handler = (call: Call) => MaybePromise<Reply>

/** Starts `service` on a free port of 127.0.0.1, with the means of one framework. */
export type StartService = (service: Service) => Promise<RunningService>

export interface RunningService {
  readonly port: number
  readonly close: () => Promise<void>
}

/** What `guard()` and `.and()` give, as far as a route is built from it. */
interface Buildable<M> {
  readonly and: (policy: Guard<object, object>) => M
}

/** The guards to mount at `route`, in order: `everyone` itself only where nothing else would run it. */
export function mountsOf<M extends Buildable<M>>(
  everyone: M,
  { mountedAt }: Service,
  { steps }: Route,
): { readonly mounts: readonly M[]; readonly last: M } {
  const built: M[] = []
  for (const step of steps) built.push((built.at(-1) ?? everyone).and(step))
  const mounts = built.length === 0 && mountedAt === 'routes' ? [everyone] : built
  return { mounts, last: built.at(-1) ?? everyone }
}

interface ListenOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string | undefined
  readonly tls?: SecureServer | undefined
}

/** Listens with what most frameworks can give: a listener of `node:http`, behind a hardened server. */
export async function listen(
  listener: RequestListener,
  { host = '127.0.0.1', tls }: ListenOptions = {},
): Promise<RunningService> {
  const server = tls === undefined ? createServer(listener) : tls.follow(createTlsServer(tls.options, listener))
  const hardened = hardenServer(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await hardened.drain({ graceMs: 0 })
    },
  }
}
