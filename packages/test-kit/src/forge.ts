import { type CryptoKey, decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'

/** A copy of `token`, header and claims alike, signed with somebody else's key. */
export async function forge(token: string, key?: CryptoKey): Promise<string> {
  const header = decodeProtectedHeader(token) as { readonly alg: string }
  const signer = key ?? (await generateKeyPair(header.alg)).privateKey
  return new SignJWT(decodeJwt(token)).setProtectedHeader(header).sign(signer)
}
