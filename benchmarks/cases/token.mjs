import { createPublicKey } from 'node:crypto'
import { jwt } from 'wardline'
import { coldToken, tokenFloor } from '../floor/token.mjs'
import { requestContext } from '../lib/context.mjs'
import { fromSocket } from '../lib/from-socket.mjs'
import { AUDIENCE, startIssuer } from '../lib/issuer.mjs'
import { proven } from '../lib/proven.mjs'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'

const TOKENS = 1_000
/** Of the tokens, in turn, in one round of verifying each anew. */
const COLD_ROUND = 100

export default {
  about: 'who? an access token (RFC 9068) from its Authorization field to a principal',
  run: async ({ rounds, chosen }) => {
    const rows = []
    for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
      const tokens = await issuedTokens(algorithm)
      const readings = await timed(chosen(cold(tokens)), {
        rounds: 3 * rounds,
        inputs: inTurn(tokens.fields, COLD_ROUND),
      })
      rows.push(
        row({ name: `${algorithm} token, not seen before`, unit: 'us', readings, goals: [timesFloor(1.2, 2.5)] }),
      )
    }
    const tokens = await issuedTokens('RS256')
    const readings = await timed(chosen(cached(tokens)), { rounds, inputs: inTurn(tokens.fields, 5 * TOKENS) })
    const atMost = { what: 'us', of: ({ wardline }) => wardline, atMost: 0.9 }
    const goals = [atMost, timesFloor(undefined, 4)]
    return [...rows, row({ name: `RS256 token, one of ${TOKENS} seen before`, unit: 'us', readings, goals })]
  },
}

/** Fields with tokens of one issuer, and what shows that a contender looks at them. */
async function issuedTokens(algorithm) {
  const { issuer, jwk, token, close } = await startIssuer(algorithm)
  await close() // its key is at hand
  const field = async (index, claims) => `Bearer ${await token(index, claims)}`
  const fields = await Promise.all(Array.from({ length: TOKENS }, (_, index) => field(index)))
  const bad = [
    fields[0].replace(/.{9}$/, 'AAAAAAAAA'),
    await field(0, { exp: 1 }),
    await field(0, { aud: 'another-api' }),
    await field(0, { iss: 'https://id.example.com' }),
  ]
  return { algorithm, issuer, jwk, fields, proof: { good: fields.slice(0, 2), bad } }
}

/** What came from a socket each time: the next of `fields` in each round, in turn, as strings that are new. */
function inTurn(fields, count) {
  let next = 0
  return () => Array.from({ length: count }, () => fromSocket(fields[next++ % fields.length]))
}

const cold = (tokens) => {
  const { algorithm, issuer, jwk, proof } = tokens
  const rules = { issuer, audience: AUDIENCE, algorithms: [algorithm] }
  const publicPem = () => createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  return {
    wardline: () => wardline(tokens, { cachedTokens: 0 }),
    floor: () => {
      const verify = coldToken({ issuer, audience: AUDIENCE, jwk })
      const nowMs = Date.now()
      return proven((field) => (field.startsWith('Bearer ') ? verify(field.slice(7), nowMs) : undefined), proof)
    },
    'fast-jwt': async () => fastJwt(tokens, publicPem(), { cache: false }),
    jose: async () => {
      const { importJWK, jwtVerify } = await import('jose')
      const key = await importJWK(jwk)
      const options = { ...rules, typ: 'at+jwt', clockTolerance: 30, requiredClaims: REQUIRED }
      return proven((field) => jwtVerify(field.slice(7), key, options), proof)
    },
    // it does not know EdDSA
    ...(algorithm !== 'EdDSA' && {
      jsonwebtoken: async () => {
        const { default: jsonwebtoken } = await import('jsonwebtoken')
        const key = createPublicKey({ key: jwk, format: 'jwk' })
        const options = { ...rules, clockTolerance: 30 }
        return proven((field) => jsonwebtoken.verify(field.slice(7), key, options), proof)
      },
    }),
  }
}

const cached = (tokens) => ({
  wardline: () => wardline(tokens),
  floor: () => {
    const principalOf = tokenFloor({ issuer: tokens.issuer, audience: AUDIENCE, jwk: tokens.jwk })
    const nowMs = Date.now()
    return proven((field) => principalOf(field, nowMs), tokens.proof)
  },
  'fast-jwt': async () => {
    const key = createPublicKey({ key: tokens.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    return fastJwt(tokens, key, { cache: 10_000 })
  },
})

function wardline({ issuer, jwk, algorithm, proof }, options = {}) {
  const fetch = async () => Response.json({ keys: [jwk] })
  const guard = jwt({
    issuer,
    audience: AUDIENCE,
    algorithms: [algorithm],
    jwksUri: `${issuer}/jwks`,
    fetch,
    ...options,
  })
  const fields = new Map()
  const ctx = requestContext({ fields })
  const check = (field) => {
    fields.set('authorization', field)
    return guard.check(ctx)
  }
  return proven(check, proof) // which fetches the keys
}

const REQUIRED = ['sub', 'client_id', 'iat', 'exp', 'jti']

async function fastJwt({ issuer, algorithm, proof }, key, options) {
  const { createVerifier } = await import('fast-jwt')
  const verify = createVerifier({
    key,
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: AUDIENCE,
    checkTyp: 'at+jwt',
    requiredClaims: REQUIRED,
    clockTolerance: 30_000,
    ...options,
  })
  return proven((field) => verify(field.slice(7)), proof)
}
