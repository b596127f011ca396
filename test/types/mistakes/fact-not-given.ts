import type { IncomingMessage } from 'node:http'
import { all, jwt, rateLimit } from 'wardline'
import { guard } from '../../../packages/express/src/index.js'

const signedIn = guard(
  all(rateLimit({ limit: 100, windowMs: 60_000 }), jwt({ issuer: 'https://idp.example', audience: 'orders-api' })),
)

export const quantity = (request: IncomingMessage) => signedIn.facts(request).input.body.quantity
