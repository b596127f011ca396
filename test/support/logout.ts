import { randomUUID } from 'node:crypto'
import {
  type BackChannelLogoutOptions,
  backChannelLogout,
  evaluate,
  memoryRevocationStore,
  type Revocation,
  type RevocationStore,
} from '../../src/index.js'
import { LOGOUT_AUDIENCE, LOGOUT_CLAIMS, LOGOUT_HEADER, LOGOUT_ISSUER, LOGOUT_NOW } from '../vectors/logout.js'
import { contextFor, type TestRequest } from './context.js'
import { headerOf, signed, testKey } from './fake-issuer.js'

export type Members = Readonly<Record<string, unknown>>

export const KEY = testKey('ES256')
export const NOW_MS = LOGOUT_NOW * 1000
export const FORM = ['content-type', 'application/x-www-form-urlencoded'] as const
export const IDP = { issuer: LOGOUT_ISSUER, audience: LOGOUT_AUDIENCE, jwks: { keys: [KEY.jwk] } }
export const DONE = {
  allowed: true,
  facts: { reply: { status: 200, headers: [['cache-control', 'no-store']], body: '' } },
}

export const logoutToken = (claims: Members = {}, header: Members = {}, key = KEY): string =>
  signed(key, { ...headerOf(key), ...LOGOUT_HEADER, ...header }, { jti: randomUUID(), ...LOGOUT_CLAIMS, ...claims })

export const posting = (body: TestRequest['body'], rest: TestRequest = {}) =>
  contextFor({ method: 'POST', headers: [FORM], nowMs: NOW_MS, ...(body !== undefined && { body }), ...rest })

/** A guard, its stores, and how to ask it. */
export function service(options: Partial<BackChannelLogoutOptions> = {}) {
  const revocation = options.revocation ?? memoryRevocationStore()
  const guard = backChannelLogout({ issuers: [IDP], revocation, ...options })
  const ask = async (ctx: ReturnType<typeof posting>) => evaluate(guard, ctx, {})
  return {
    revocation,
    ask,
    logout: (token: string, nowMs = NOW_MS) => ask(posting(`logout_token=${token}`, { nowMs })),
    /** Whether an access token with these claims is revoked now. */
    isRevoked: (claims: Members = {}, nowMs = NOW_MS) => {
      const token = { sid: 'session-1', sub: 'alice', client: 'shop', iat: LOGOUT_NOW - 60, ...claims } as never
      const { sid, sub, client, iat, iss } = token as Record<string, string | undefined> & { readonly iat: number }
      return revocation.isRevoked(
        {
          issuer: iss ?? LOGOUT_ISSUER,
          tokenId: 'whatever',
          subject: sub,
          client,
          sessionId: sid,
          issuedAtMs: iat * 1000,
          expiresAtMs: NOW_MS + 300_000,
        },
        nowMs,
      )
    },
  }
}

/** Notes what it is asked for. */
export function notingStore(fault?: (calls: number) => void): RevocationStore & { readonly calls: Revocation[] } {
  const calls: Revocation[] = []
  return {
    calls,
    revoke: (revocation) => {
      calls.push(revocation)
      fault?.(calls.length)
    },
    isRevoked: () => false,
  }
}

export const refused = (code: string) => ({ allowed: false, kind: 'invalid', code })
export const unavailable = (code: string) => ({ allowed: false, kind: 'unavailable', code })
