import { logoutProvider } from '@wardline/test-kit'
import { describe, expect, test } from 'vitest'
import {
  backChannelLogout,
  type Decision,
  evaluate,
  memoryRevocationStore,
  type ReplyFacts,
} from '../../../src/index.js'
import { contextFor } from '../../support/context.js'

const ISSUER = 'https://idp.test'
const CLIENT = 'orders-web'

describe.each(['RS256', 'ES256', 'EdDSA'] as const)('a certified provider that signs with %s', (algorithm) => {
  /** The provider, and a service that it tells of the end of sessions. */
  async function pair(namesSession: boolean) {
    const revocation = memoryRevocationStore()
    const sent: { readonly url: string; readonly body: string }[] = []
    const answers: Decision<ReplyFacts>[] = []
    const deliver = async (url: string, { method, headers, body }: RequestInit): Promise<Response> => {
      sent.push({ url, body: String(body) })
      return answer(String(method), new Headers(headers), String(body))
    }
    const { jwks, endSession } = await logoutProvider({
      issuer: ISSUER,
      clientId: CLIENT,
      algorithm,
      namesSession,
      deliver,
    })
    const guard = backChannelLogout({ issuers: [{ issuer: ISSUER, audience: CLIENT, jwks }], revocation })
    const answer = async (method: string, headers: Headers, body: string): Promise<Response> => {
      const ctx = contextFor({ method, headers: [...headers], body, nowMs: Date.now() })
      const decision = await evaluate(guard, ctx, {})
      answers.push(decision)
      return new Response(null, { status: decision.allowed ? decision.facts.reply.status : 400 })
    }
    const isRevoked = (subject: string, sessionId: string) =>
      revocation.isRevoked(
        {
          issuer: ISSUER,
          tokenId: 't',
          subject,
          sessionId,
          client: undefined,
          issuedAtMs: Date.now() - 60_000,
          expiresAtMs: Date.now() + 60_000,
        },
        Date.now(),
      )
    const again = (body: string) =>
      answer('POST', new Headers({ 'content-type': 'application/x-www-form-urlencoded' }), body)
    return { endSession, isRevoked, sent, answers, again }
  }

  test('ends a session', async () => {
    const { endSession, isRevoked, sent, answers, again } = await pair(true)
    await endSession('alice', 's1')
    expect(sent).toMatchObject([{ url: 'https://client.test/backchannel-logout' }])
    expect([isRevoked('alice', 's1'), isRevoked('alice', 's2'), isRevoked('bob', 's2')]).toEqual([true, false, false])
    await again(sent[0]!.body)
    expect(answers).toMatchObject([{ allowed: true }, { kind: 'invalid', code: 'logout_replayed' }])
    await endSession('alice', 's1') // a token of its own, for a session that has ended
    expect(answers.at(-1)).toMatchObject({ allowed: true })
  })

  test('ends all sessions of a subject where it does not name one', async () => {
    const { endSession, isRevoked } = await pair(false)
    await endSession('alice', 's1')
    expect([isRevoked('alice', 's1'), isRevoked('alice', 's2'), isRevoked('bob', 's1')]).toEqual([true, true, false])
  })
})
