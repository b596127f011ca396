import type { BoundCertificates, CertificateName } from '../bound-certificates.js'
import { CERTIFICATES } from '../bound-certificates.js'
import { choiceOf } from '../choice.js'
import { ALLOWED } from '../expected.js'
import { BOUND_TOKEN_CASES } from '../rfc8705.js'
import { RFC9068 } from '../rfc9068.js'
import { TRUST_DOMAIN } from '../svid.js'
import { ISSUER_JWKS, ISSUER_KEY, PRIVATE_KEYS } from './keys.js'
import { ABOUT_CHOICE, type PublishedCase, type Sign, type VectorFile } from './vector-file.js'

const { nowSeconds: now, ...tokens } = RFC9068.verifier

/** Tokens that are bound to a client certificate. */
export function boundTokens(sign: Sign, { root, of }: BoundCertificates): VectorFile {
  const base64 = (name: CertificateName): string => of[name].der.toString('base64')
  const tokenOf = (cnf: unknown, expiresIn: number) =>
    sign(ISSUER_KEY, RFC9068.header, { ...RFC9068.claims, exp: now + expiresIn, cnf })

  const good: PublishedCase = {
    name: 'good',
    section: 'RFC 8705 section 3.1',
    token: tokenOf({ 'x5t#S256': of.ledger.thumbprint }, 300),
    certificate: 'ledger',
    expected: ALLOWED,
  }
  const cases = BOUND_TOKEN_CASES.map(
    ({ input, section, presents, cnf, required, expiresIn = 300, expected, ...row }) => ({
      name: input,
      section,
      token: tokenOf(cnf(of), expiresIn),
      ...(presents !== undefined && { certificate: presents }),
      ...(required && { verifier: { required } }),
      expected,
      ...choiceOf(row),
    }),
  )

  return {
    standard: 'RFC 8705',
    about: [
      'Access tokens that are bound to a client certificate. The verifier has the keys of `keys.issuer`, is set as `verifier` says, and its clock stands at `now`, also for certificates. Where a case has a `verifier` of its own, its members are laid over that one. Certificates must come from `authority` (base64 of its DER) and be X509-SVIDs of `trustDomain` with a path that is `path`, in which a star stands for one segment. RFC 8705 itself asks for the binding alone, so what becomes of other certificates is marked as a choice, though a verifier that is set so refuses them. Where `required` is true, tokens that are bound to no certificate are refused. No DPoP proof is asked for.',
      'Run a case: send `token` as `Authorization: Bearer <token>` on a TLS connection with the client certificate of that name among `certificates`, or without one where the case names none. A TLS layer that refuses a certificate by itself refuses the case.',
      '`certificates` are client certificates by name, each with its private key (base64 of the DER of both, the key in PKCS #8) and what sets it apart from that of `ledger`.',
      'Where `expected.allowed` is true the request passes. Otherwise the answer has `expected.status`, and a Bearer challenge with `expected.error` where there is one; `expected.code` is for the log of the verifier and never for the caller, and another verifier may have other names.',
      ABOUT_CHOICE,
    ],
    now,
    verifier: {
      ...tokens,
      authority: root.der.toString('base64'),
      trustDomain: TRUST_DOMAIN,
      path: '/service/*',
      required: false,
    },
    keys: { issuer: ISSUER_JWKS, private: { issuer: PRIVATE_KEYS.issuer } },
    certificates: Object.fromEntries(
      Object.entries(CERTIFICATES).map(([name, change]) => [
        name,
        {
          apart: change,
          certificate: base64(name as CertificateName),
          privateKey: base64OfPem(of[name as CertificateName].keyPem),
        },
      ]),
    ),
    cases: [good, ...cases],
  }
}

const base64OfPem = (pem: string): string => pem.replace(/-----.*-----|\n/g, '')
