import { bold, dim } from '@wardline/example-tour'
import type { Cast } from './cast.js'

const ORDER = '{"customerId":"7b0c8a52-4f0e-4c39-9f0b-0d7e3a3c5f11","items":[{"sku":"TEA-250G","quantity":1}]}'

/** Commands to paste into another terminal, with an order to read and tokens that are good for ten minutes. */
export async function curlLines(origin: string, { tokens }: Cast): Promise<readonly string[]> {
  const as = (token: string) => `-H 'authorization: Bearer ${token}'`
  const order = `${origin}${await newOrder(origin, tokens.clerk)}`
  return [
    bold('The service stays up. Paste into another terminal (tokens are good for ten minutes); Ctrl-C ends it.'),
    dim('# create an order as clerk'),
    `curl -i ${as(tokens.clerk)} -H 'content-type: application/json' -d '${ORDER}' ${origin}/orders`,
    dim('# read one as clerk'),
    `curl -i ${as(tokens.clerk)} ${order}`,
    dim('# the same without a token'),
    `curl -i ${order}`,
    dim('# delete it as admin of another tenant: refused'),
    `curl -i -X DELETE ${as(tokens.otherAdmin)} ${order}`,
    dim('# delete it as admin'),
    `curl -i -X DELETE ${as(tokens.admin)} ${order}`,
  ]
}

async function newOrder(origin: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(`${origin}/orders`, { method: 'POST', headers, body: ORDER })
  return response.headers.get('location') ?? '/orders/none'
}
