import { createHash, X509Certificate } from 'node:crypto'
import type { TestCertificate } from '@wardline/test-kit'
import type { CertificateName } from './bound-certificates.js'
import { type Choice, chosen } from './choice.js'
import { ALLOWED, denied, type Expected, refused } from './expected.js'

type Certificates = Readonly<Record<CertificateName, TestCertificate>>

/** A token that is bound to the certificate of `ledger`, sent with it: good, but for what a case changes. */
export interface BoundTokenCase extends Choice {
  readonly input: string
  readonly section: string
  /** The certificate that the caller presents; undefined for none. */
  readonly presents: CertificateName | undefined
  /** The `cnf` claim; undefined for none. */
  readonly cnf: (of: Certificates) => unknown
  /** Whether the verifier refuses tokens that are bound to no certificate. */
  readonly required?: boolean
  /** Seconds until the token expires, where that is what changes. */
  readonly expiresIn?: number
  readonly expected: Expected
}

type Cnf = BoundTokenCase['cnf']

const boundTo =
  (name: CertificateName): Cnf =>
  (of) => ({ 'x5t#S256': of[name].thumbprint })

/** The token is that of `ledger`, the certificate is another. */
const presenting = (
  rows: readonly (readonly [input: string, presents: CertificateName | undefined, code: string])[],
): readonly BoundTokenCase[] =>
  rows.map(([input, presents, code]) => ({
    input,
    section: 'RFC 8705 section 3',
    presents,
    cnf: boundTo('ledger'),
    expected: refused(code),
  }))

/** The token is bound to the certificate that is presented, and something is wrong with that. */
const holding = (
  section: string,
  rows: readonly (readonly [input: string, name: CertificateName, expected: Expected])[],
): readonly BoundTokenCase[] =>
  rows.map(([input, name, expected]) => ({ input, section, presents: name, cnf: boundTo(name), expected }))

/** The certificate is that of `ledger`, and the token is bound otherwise. */
const confirming = (
  section: string,
  rows: Readonly<Record<string, Cnf>>,
  expected: Expected,
): readonly BoundTokenCase[] =>
  Object.entries(rows).map(([input, cnf]) => ({ input, section, presents: 'ledger', cnf, expected }))

const thumbprint =
  (make: (certificate: TestCertificate) => unknown): Cnf =>
  ({ ledger }) => ({ 'x5t#S256': make(ledger) })

const sha = (algorithm: string, bytes: string | Uint8Array) => createHash(algorithm).update(bytes)
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same 32 bytes, written with another of the two bits that are over (RFC 4648 section 3.5). */
const withBitsOver = (text: string): string => text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1)!) + 1]

export const BOUND_TOKEN_CASES: readonly BoundTokenCase[] = [
  ...holding('RFC 8705 section 3', [['of a certificate with an RSA key', 'rsa', ALLOWED]]),
  ...chosen(
    'A verifier may ask for the purpose to be named.',
    holding('RFC 5280 section 4.2.1.12', [['of a certificate without purposes', 'anyPurpose', ALLOWED]]),
  ),
  ...chosen(
    'A TLS layer need not know Ed25519.',
    holding('RFC 8446 section 9.1', [['of a certificate with an Ed25519 key', 'ed25519', ALLOWED]]),
  ),
  ...presenting([
    ['without a certificate', undefined, 'certificate_missing'],
    ['with another of the same service', 'renewed', 'certificate_mismatch'],
    ['with another, which the rules refuse', 'person', 'certificate_mismatch'],
    ['with another, which names nobody', 'nobody', 'certificate_mismatch'],
    ['with another of the same names, by an authority that is not trusted', 'ofStranger', 'certificate_untrusted'],
    ['with another of the same names, signed by itself', 'selfSigned', 'certificate_untrusted'],
  ]),
  ...confirming(
    'RFC 8705 section 3.1',
    {
      'x5t#S256 of the PEM text': thumbprint(({ certPem }) => sha('sha256', certPem).digest('base64url')),
      'x5t#S256 of the base64 text': thumbprint(({ der }) => sha('sha256', der.toString('base64')).digest('base64url')),
      'x5t#S256 of the public key alone': thumbprint(({ der }) =>
        sha('sha256', new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' })).digest('base64url'),
      ),
      'x5t#S256 of another certificate': boundTo('renewed'),
      'x5t#S256 in other letters': thumbprint((certificate) => swappedCase(certificate.thumbprint)),
    },
    refused('certificate_mismatch'),
  ),
  ...chosen(
    'A decoder may refuse bits that are over, and need not.',
    confirming(
      'RFC 4648 section 3.5',
      { 'x5t#S256 with bits over': thumbprint((certificate) => withBitsOver(certificate.thumbprint)) },
      refused('certificate_mismatch'),
    ),
  ),
  ...confirming(
    'RFC 8705 section 3.1',
    {
      'x5t#S256 by SHA-1': thumbprint(({ der }) => sha('sha1', der).digest('base64url')),
      'x5t#S256 by SHA-512': thumbprint(({ der }) => sha('sha512', der).digest('base64url')),
      'x5t#S256 in hexadecimal': thumbprint(({ der }) => sha('sha256', der).digest('hex')),
      'x5t#S256 in hexadecimal with colons': thumbprint(({ der }) => new X509Certificate(der).fingerprint256),
      'x5t#S256 in hexadecimal, in base64url': thumbprint(({ der }) =>
        Buffer.from(sha('sha256', der).digest('hex')).toString('base64url'),
      ),
      'x5t#S256 with padding': thumbprint((certificate) => `${certificate.thumbprint}=`),
      'x5t#S256 in base64': thumbprint(({ der }) => sha('sha256', der).digest('base64').replace('=', '')),
      'x5t#S256 in base64 with padding': thumbprint(({ der }) => sha('sha256', der).digest('base64')),
      'x5t#S256 a character short': thumbprint((certificate) => certificate.thumbprint.slice(0, -1)),
      'x5t#S256 a character long': thumbprint((certificate) => `${certificate.thumbprint}A`),
      'x5t#S256 with a space behind': thumbprint((certificate) => `${certificate.thumbprint} `),
      'x5t#S256 with a line break behind': thumbprint((certificate) => `${certificate.thumbprint}\n`),
      'x5t#S256 that is the certificate': thumbprint(({ der }) => der.toString('base64')),
      'x5t#S256 empty': thumbprint(() => ''),
      'x5t#S256 null': thumbprint(() => null),
      'x5t#S256 a number': thumbprint(() => 1),
      'x5t#S256 true': thumbprint(() => true),
      'x5t#S256 in a list': thumbprint((certificate) => [certificate.thumbprint]),
      'x5t#S256 in an object': thumbprint((certificate) => ({ value: certificate.thumbprint })),
    },
    refused('token_proof_missing'),
  ),
  ...chosen(
    'No RFC says what becomes of a cnf that cannot be read.',
    confirming(
      'RFC 7800 section 3.1',
      {
        'cnf an empty object': () => ({}),
        'cnf null': () => null,
        'cnf the text itself': ({ ledger }) => ledger.thumbprint,
        'cnf a list': ({ ledger }) => [{ 'x5t#S256': ledger.thumbprint }],
        'cnf true': () => true,
      },
      refused('token_proof_missing'),
    ),
  ),
  ...chosen(
    'Members of cnf that are not understood may be ignored.',
    confirming(
      'RFC 7800 section 3.1',
      {
        'cnf with an unknown member besides': ({ ledger }) => ({ 'x5t#S256': ledger.thumbprint, kid: 'ledger' }),
        'cnf with x5t alone (RFC 7515 section 4.1.7)': ({ ledger }) => ({
          x5t: sha('sha1', ledger.der).digest('base64url'),
        }),
        'cnf with the member in other letters': ({ ledger }) => ({ 'x5t#s256': ledger.thumbprint }),
        'cnf with x5t#S512': ({ ledger }) => ({ 'x5t#S512': sha('sha512', ledger.der).digest('base64url') }),
      },
      refused('token_proof_missing'),
    ),
  ),
  ...chosen(
    'A verifier without DPoP may ignore jkt.',
    confirming(
      'RFC 9449 section 7.2',
      {
        'cnf with jkt besides, of a verifier that asks for no DPoP proof': ({ ledger }) => ({
          'x5t#S256': ledger.thumbprint,
          jkt: JKT,
        }),
        'cnf with jkt alone, of a verifier that asks for no DPoP proof': () => ({ jkt: JKT }),
      },
      refused('token_proof_missing'),
    ),
  ),
  // RFC 8705 section 6.2 leaves the chain alone: these refusals come of what is asked for beside the binding
  ...chosen('RFC 8705 section 6.2 asks for the binding alone.', [
    ...holding('RFC 5280 section 6.1.3', [
      ['of a certificate that expired a second ago', 'expired', refused('certificate_expired')],
      ['of a certificate that is valid in a second', 'notYetValid', refused('certificate_not_yet_valid')],
      ['of a certificate by an authority that is not trusted', 'ofStranger', refused('certificate_untrusted')],
      ['of a certificate signed by itself', 'selfSigned', refused('certificate_untrusted')],
    ]),
    ...holding('X509-SVID section 4.1', [
      ['of the certificate of an authority', 'authority', refused('certificate_is_ca')],
    ]),
    ...holding('X509-SVID section 4.3', [
      ['of a certificate that may sign others', 'signer', refused('certificate_is_ca')],
      ['of a certificate that signs nothing', 'keyAgreement', refused('certificate_purpose')],
    ]),
    ...holding('RFC 5280 section 4.2.1.12', [
      ['of a certificate for servers only', 'serverOnly', refused('certificate_purpose')],
      ['of a certificate for code', 'codeSigner', refused('certificate_purpose')],
    ]),
    ...holding('X509-SVID section 2', [['of a certificate without a name', 'nobody', refused('svid_uri_count')]]),
    // who calls is known, and may not
    ...holding('SPIFFE-ID section 2.1', [
      ['of a certificate of another trust domain', 'otherDomain', denied('certificate_not_allowed', 403)],
    ]),
    ...holding('SPIFFE-ID section 2.2', [
      ['of a certificate of another path', 'person', denied('certificate_not_allowed', 403)],
    ]),
  ]),
  {
    input: 'an unbound token where binding is required',
    section: 'RFC 9728 section 2',
    presents: 'ledger',
    cnf: () => undefined,
    required: true,
    expected: refused('token_proof_missing'),
  },
  {
    input: 'an unbound token without a certificate where binding is required',
    section: 'RFC 9728 section 2',
    presents: undefined,
    cnf: () => undefined,
    required: true,
    expected: refused('token_proof_missing'),
  },
  {
    input: 'a bound token where binding is required',
    section: 'RFC 9728 section 2',
    presents: 'ledger',
    cnf: boundTo('ledger'),
    required: true,
    expected: ALLOWED,
  },
  {
    input: 'an unbound token where binding is not required',
    section: 'RFC 8705 section 3',
    presents: 'ledger',
    cnf: () => undefined,
    expected: ALLOWED,
  },
  {
    input: 'an expired token with its certificate',
    section: 'RFC 7519 section 4.1.4',
    presents: 'ledger',
    cnf: boundTo('ledger'),
    expiresIn: -31,
    expected: refused('token_expired'),
  },
]

function swappedCase(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase()))
}
