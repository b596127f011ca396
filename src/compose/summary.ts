import type { Challenge, Denial, HeaderList, Unauthenticated } from '../decision.js'
import { isListField, mergeFields } from '../lib/header-fields.js'

/** All unauthenticated: one 401 that offers every challenge. Otherwise the first denial that is about more than that. */
export function summarise(denials: readonly Denial[]): Denial {
  const strangers = denials.filter((denial): denial is Unauthenticated => denial.kind === 'unauthenticated')
  if (strangers.length < denials.length) return denials.find((denial) => denial.kind !== 'unauthenticated')!
  const [first, ...rest] = strangers.flatMap((denial) => denial.challenges) as [Challenge, ...Challenge[]]
  const told = mostTelling(strangers)
  const others = strangers.filter((denial) => denial !== told)
  return { ...told, challenges: [first, ...rest], headers: fieldsOf([told, ...others]), charges: undefined }
}

/**
 * Whatever the caller needs for its next try, such as a nonce. Of one denial a field counts as it would alone, its last;
 * of several denials the first's, and all of a list.
 */
function fieldsOf(denials: readonly Denial[]): HeaderList | undefined {
  const fields = new Map<string, HeaderList[number]>()
  for (const field of denials.flatMap(({ headers }) => mergeFields(headers ?? []))) {
    const [name, value] = field
    const key = isListField(name) ? `${name}: ${value}` : name
    if (!fields.has(key)) fields.set(key, field)
  }
  return fields.size === 0 ? undefined : [...fields.values()]
}

/**
 * The denial that the audit trail is told. A credential that was refused says more than one that was not sent; one of an
 * attack or of a proof more than one that another alternative may know; and a certificate comes by itself.
 */
const mostTelling = (denials: readonly Unauthenticated[]): Unauthenticated => {
  for (const says of TELLING) {
    const told = denials.find(says)
    if (told !== undefined) return told
  }
  return denials[0]!
}

type Says = (denial: Unauthenticated) => boolean

const namesError: Says = ({ challenges }) => challenges.some(({ params }) => params?.error !== undefined)

/** From what says most to what says least. */
const TELLING: readonly Says[] = [
  ({ event }) => event !== undefined,
  ({ challenges }) => challenges.some(({ params }) => params?.error === 'use_dpop_nonce'),
  (denial) => namesError(denial) && !OF_ANOTHER.test(denial.code),
  namesError, // RFC 6750 section 3.1: no error where no credential was sent
  ({ code, challenges }) => !code.endsWith('_missing') && challenges[0].scheme !== 'ClientCertificate',
  ({ facts }) => facts !== undefined && 'principal' in facts,
  ({ code }) => !code.endsWith('_missing'),
]

/** What is said of a token that another issuer has made, or for another service. */
const OF_ANOTHER = /_(?:issuer_\w+|audience_\w+|key_unknown|signature_invalid)$/
