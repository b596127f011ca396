import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import type { JwtAlgorithm } from '../../src/index.js'
import { AUDIENCE, ISSUER, NOW_MS } from './fake-issuer.js'

/** Whether jose, with the settings that the guards of these tests have, lets a token pass. */
export function joseVerifier(
  keys: readonly object[],
  algorithms: readonly JwtAlgorithm[],
): (token: string) => Promise<boolean> {
  const jwks = createLocalJWKSet({ keys: keys as JWK[] })
  const options = {
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: 'at+jwt',
    algorithms: [...algorithms],
    requiredClaims: ['exp', 'sub', 'client_id', 'iat', 'jti'],
    clockTolerance: 30,
    currentDate: new Date(NOW_MS),
  }
  return (token) =>
    jwtVerify(token, jwks, options).then(
      () => true,
      () => false,
    )
}
