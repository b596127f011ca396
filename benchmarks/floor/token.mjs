import { createPublicKey, verify } from 'node:crypto'

/** What jwt() does, by hand for one issuer, one key and RS256: parsing, signature, claims, and a cache of verified tokens. */
export function tokenFloor({ issuer, audience, jwk, maxTokens = 10_000 }) {
  const verifyToken = coldToken({ issuer, audience, jwk })
  const known = new Map()
  return (authorization, nowMs) => {
    if (authorization === undefined || !authorization.startsWith('Bearer ')) return undefined
    const token = authorization.slice(7)
    const tail = token.slice(-24)
    const entry = known.get(tail)
    if (entry !== undefined && entry.token === token && nowMs < entry.expiresAtMs) return entry.principal
    const principal = verifyToken(token, nowMs)
    if (principal === undefined) return undefined
    if (known.size >= maxTokens) known.delete(known.keys().next().value)
    known.set(tail, { token, expiresAtMs: principal.claims.exp * 1000, principal })
    return principal
  }
}

const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Parsing, node:crypto and the claims of RFC 9068, every time. */
export function coldToken({ issuer, audience, jwk }) {
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const [hash, options] =
    jwk.kty === 'OKP' ? [null, key] : ['sha256', jwk.kty === 'EC' ? { key, dsaEncoding: 'ieee-p1363' } : key]
  return (token, nowMs) => {
    if (token.length > 8192 || !SHAPE.test(token)) return undefined
    const first = token.indexOf('.')
    const last = token.lastIndexOf('.')
    const header = JSON.parse(Buffer.from(token.slice(0, first), 'base64url').toString())
    if (header.alg !== jwk.alg || header.kid !== jwk.kid || header.typ !== 'at+jwt') return undefined
    const signature = Buffer.from(token.slice(last + 1), 'base64url')
    if (!verify(hash, Buffer.from(token.slice(0, last), 'latin1'), options, signature)) return undefined
    const claims = JSON.parse(Buffer.from(token.slice(first + 1, last), 'base64url').toString())
    const { iss, aud, sub, client_id, exp, nbf, iat, jti, scope, roles, cnf } = claims
    const now = nowMs / 1000
    if (iss !== issuer || !(Array.isArray(aud) ? aud.includes(audience) : aud === audience)) return undefined
    if (!(typeof exp === 'number' && exp > now) || !(typeof iat === 'number' && iat <= now + 30)) return undefined
    if (cnf !== undefined || (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + 30))) return undefined
    if (typeof sub !== 'string' || typeof client_id !== 'string' || typeof jti !== 'string') return undefined
    return {
      id: sub,
      issuer: iss,
      client: client_id,
      key: `${iss} ${sub}`,
      scopes: new Set((scope ?? '').split(' ')),
      roles: new Set(roles),
      claims,
    }
  }
}
