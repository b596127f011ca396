import type { Stop } from '@wardline/example-tour'
import { generateProof } from 'dpop'
import * as oauth from 'oauth4webapi'
import { type Call, stopAt, type World } from './call.js'

/** Walks through the routes of the service, each with those who may and those who may not. */
export async function* tour(world: World): AsyncGenerator<Stop> {
  for (const stops of [publicPlaces, accounts, payments, ledger, reports, partner, logout]) yield* stops(world)
}

type Visit = (call: Call, status: number, code?: string) => Promise<Stop>

const visitorTo =
  (world: World): Visit =>
  (call, status, code) =>
    stopAt(world, call, { status, code })

async function* publicPlaces(world: World): AsyncGenerator<Stop> {
  const visit = visitorTo(world)
  yield await visit({ who: 'anyone', path: '/healthz' }, 200)
  yield await visit({ who: 'anyone', path: '/.well-known/oauth-protected-resource' }, 200, 'allowed')
  yield await visit({ who: 'a stranger', path: '/nowhere' }, 401, 'key_missing')
}

async function* accounts(world: World): AsyncGenerator<Stop> {
  const visit = visitorTo(world)
  const { tokens, keys } = world.cast
  const path = '/accounts/me'
  const alice = { who: 'alice, by DPoP', path, token: tokens.alice, dpop: dpopOf(keys.alice) }
  yield await visit({ who: 'a stranger', path }, 401, 'token_missing')
  yield await visit(alice, 200, 'allowed')
  yield await visit({ ...alice, who: 'a thief with a key', dpop: dpopOf(keys.thief) }, 401, 'dpop_key_mismatch')
  yield await visit({ who: 'a thief, as Bearer', path, token: tokens.alice }, 401, 'token_scheme_mismatch')
  yield await visit({ who: 'carol, not bound', path, token: tokens.carol }, 401, 'token_proof_missing')
  const dpop = await generateProof(keys.alice, world.origin + path, 'GET', undefined, tokens.alice)
  const proven = { path, headers: { authorization: `DPoP ${tokens.alice}`, dpop } }
  yield await visit({ who: 'alice, one proof', ...proven }, 200, 'allowed')
  yield await visit({ who: 'a thief, the same proof', ...proven }, 401, 'dpop_replayed')
}

async function* payments(world: World): AsyncGenerator<Stop> {
  const visit = visitorTo(world)
  const { tokens, keys } = world.cast
  const pay = { method: 'POST', path: '/payments', body: { amount: 250, to: 'acme' } } as const
  const alice = { ...pay, who: 'alice', token: tokens.alice, dpop: dpopOf(keys.alice) }
  // The handle keeps the nonce that it is given, and the next proof has it.
  yield await visit({ ...alice, who: 'alice, without nonce' }, 401, 'dpop_nonce_missing')
  yield await visit(alice, 201, 'allowed')
  yield await visit({ ...alice, body: { amount: 0, to: 'acme' } }, 422, 'invalid_body')
  const bob = { ...alice, who: 'bob, by password', token: tokens.bob }
  yield await visit(bob, 401, 'authentication_class_insufficient')
}

async function* ledger(world: World): AsyncGenerator<Stop> {
  const visit = visitorTo(world)
  const { tokens, certificates } = world.cast
  const reader = { who: 'a service, by SVID', path: '/internal/ledger', token: tokens.ledger }
  yield await visit({ ...reader, certificate: certificates.ledger }, 200, 'allowed')
  yield await visit({ ...reader, who: 'without certificate' }, 401, 'certificate_missing')
  const guest = { ...reader, who: 'a guest of the domain', certificate: certificates.guest }
  yield await visit(guest, 401, 'certificate_mismatch')
  const headers = { 'client-cert': `:${certificates.ledger.der.toString('base64')}:` }
  yield await visit({ ...reader, who: 'a forger of fields', headers }, 400, 'certificate_header_refused')
}

async function* reports(world: World): AsyncGenerator<Stop> {
  const visit = visitorTo(world)
  const { tokens, apiKeys } = world.cast
  const path = '/reports'
  yield await visit({ who: 'a stranger', path }, 401, 'key_missing')
  yield await visit({ who: 'acme, by API key', path, headers: { 'x-api-key': apiKeys.good } }, 200, 'allowed')
  const authorization = `ApiKey ${apiKeys.revoked}`
  yield await visit({ who: 'acme, by a lost key', path, headers: { authorization } }, 401, 'key_revoked')
  yield await visit({ who: 'reporter, by JWT', path, token: tokens.reporter }, 200, 'allowed')
}

async function* partner(world: World): AsyncGenerator<Stop> {
  const visit = visitorTo(world)
  const { tokens } = world.cast
  const path = '/partner'
  yield await visit({ who: 'a partner, opaque token', path, token: tokens.partner }, 200, 'allowed')
  yield await visit({ who: 'a partner, taken back', path, token: tokens.takenBack }, 401, 'token_inactive')
  yield await visit({ who: 'a partner, by JWT', path, token: tokens.jwtPartner }, 200, 'allowed')
  yield await visit({ who: 'reporter', path, token: tokens.reporter }, 403, 'scope_missing')
}

async function* logout(world: World): AsyncGenerator<Stop> {
  const visit = visitorTo(world)
  const { issuers, tokens, keys } = world.cast
  const told = await issuers.people.logoutToken({ sub: 'alice', sid: 's-alice' })
  const end = { method: 'POST', path: '/backchannel-logout' } as const
  const logoutToken = (token: string) => new URLSearchParams({ logout_token: token })
  yield await visit(
    { ...end, who: 'an access token, posted', body: logoutToken(tokens.jwtPartner) },
    400,
    'logout_type_refused',
  )
  yield await visit({ ...end, who: "alice's issuer", body: logoutToken(told) }, 200, 'allowed')
  const alice = { who: 'alice, logged out', path: '/accounts/me', token: tokens.alice, dpop: dpopOf(keys.alice) }
  yield await visit(alice, 401, 'token_revoked')
}

const dpopOf = (keys: oauth.CryptoKeyPair): oauth.DPoPHandle => oauth.DPoP({}, keys)
