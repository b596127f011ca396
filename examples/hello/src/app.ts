import { guard } from '@wardline/express'
import express from 'express'
import { all, jwt, rateLimit, requireScope } from 'wardline'

const issuer = process.env.ISSUER ?? 'https://id.example.com'
const signedIn = guard(all(rateLimit({ limit: 100, windowMs: 60_000 }), jwt({ issuer, audience: 'hello-api' })))

export const app = express()
app.use(guard()) // the baseline: security headers, 300 requests a minute per client, no ambiguous requests
app.get('/hello', signedIn.and(requireScope('hello:read')), (req, res) => {
  res.json({ hello: signedIn.facts(req).principal.id })
})
