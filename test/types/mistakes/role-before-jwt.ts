import { all, jwt, rateLimit, requireRole } from 'wardline'

export const policy = all(
  rateLimit({ limit: 100, windowMs: 60_000 }),
  requireRole('admin'),
  jwt({ issuer: 'https://idp.example', audience: 'orders-api' }),
)
