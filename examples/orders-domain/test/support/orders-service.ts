import { fileURLToPath } from 'node:url'
import {
  type AuditedAnswer,
  type AuditedRequest,
  AuditedService,
  NOTHING_WRONG,
  startService,
  stopLeftovers,
} from '@wardline/test-kit'
import { afterAll, expect } from 'vitest'

const mainOf = (name: string) => fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url))

/** The services that obey the contract, as rows for `describe.each`. */
export const SERVICES = [
  ['orders', mainOf('orders')],
  ['orders-koa', mainOf('orders-koa')],
] as const

export interface OrdersRequest extends AuditedRequest {
  readonly token?: string
}

/** What a failed test has left behind ends with its file. */
afterAll(stopLeftovers)

/** One service as a process, whose every request is remembered and held against its audit log at the end. */
export class OrdersService extends AuditedService {
  static async start(script: string, env: Readonly<Record<string, string>>): Promise<OrdersService> {
    return new OrdersService(await startService(script, { PORT: '0', ...env }), env)
  }

  /** One request over a socket of its own; what is left out is a fresh address, a fresh trace id and no credentials. */
  send({ token, headers = [], ...request }: OrdersRequest): Promise<AuditedAnswer> {
    if (token === undefined) return this.ask({ ...request, headers })
    this.keepSecret(token)
    return this.ask({ ...request, headers: [['authorization', `Bearer ${token}`], ...headers] })
  }

  /** Stops the service and holds all it wrote against the contract. */
  async close(): Promise<void> {
    expect(await this.end()).toEqual(NOTHING_WRONG)
  }
}
