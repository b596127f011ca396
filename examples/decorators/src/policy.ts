import { jwt, requireRole } from 'wardline'

const { ISSUER = 'https://id.example.com' } = process.env

/** Who calls. */
export const signedIn = jwt({ issuer: ISSUER, audience: 'reports-api' })

/** What they may. */
export const asAuditor = requireRole('auditor')
