import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export const AUDIENCE = 'orders-api'

/** An issuer with one key, its discovery document and its key set on loopback. */
export async function startIssuer(algorithm = 'RS256') {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'benchmark', alg: algorithm, use: 'sig' }

  const server = createServer((request, response) => {
    const document = request.url === '/jwks' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${server.address().port}`

  return {
    issuer,
    jwk,
    privateKey,
    /** An access token (RFC 9068) of the `index`th caller, fresh each time; `claims` may say otherwise. */
    token: (index, claims = {}) => {
      const nowSeconds = Math.floor(Date.now() / 1000)
      return new SignJWT({
        client_id: 'orders-web',
        scope: 'orders:read orders:write',
        roles: ['clerk'],
        tenant: `tenant-${index % 10}`,
        sub: `user-${index}`,
        iss: issuer,
        aud: AUDIENCE,
        iat: nowSeconds,
        exp: nowSeconds + 2 * 3600,
        jti: randomUUID(),
        ...claims,
      })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: jwk.kid })
        .sign(privateKey)
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
