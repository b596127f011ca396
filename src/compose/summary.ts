import type { RequestContext } from '../context.js'
import type { Challenge, Denial, HeaderList, Unauthenticated } from '../decision.js'
import { isListField, mergeFields } from '../lib/header-fields.js'
import { DENIAL_EVENT } from '../service.js'

/** The denial that the answer and the audit event speak of: the first that is no 401, or the 401 that says most. */
export const toldOf = (denials: readonly Denial[]): Denial =>
  denials.find((denial) => denial.kind !== 'unauthenticated') ?? mostTelling(denials.filter(isUnauthenticated))

/** All unauthenticated: one 401 that offers every challenge. Otherwise what is told, as it is. */
export function summarise(denials: readonly Denial[], told: Denial): Denial {
  if (told.kind !== 'unauthenticated') return told
  const strangers = denials.filter(isUnauthenticated)
  const [first, ...rest] = strangers.flatMap((denial) => denial.challenges) as [Challenge, ...Challenge[]]
  const others = strangers.filter((denial) => denial !== told)
  return { ...told, challenges: [first, ...rest], headers: fieldsOf([told, ...others]), charges: undefined }
}

/**
 * Notes in the audit event what it does not tell: an attack must not go unseen since another credential was sent along.
 * That none was sent, or one that may be another alternative's, is no news.
 */
export function reportUntold(denials: readonly Denial[], told: Denial | undefined, ctx: RequestContext): void {
  for (const denial of denials) {
    if (denial === told || !isNews(denial)) continue
    const { kind, code, event = DENIAL_EVENT[kind], guard = 'any' } = denial
    ctx.report({ event, code, guard })
  }
}

const isUnauthenticated = (denial: Denial): denial is Unauthenticated => denial.kind === 'unauthenticated'

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
 * A credential that was refused says more than one that was not sent; one of an attack or of a proof more than one that
 * another alternative may know; and a certificate comes by itself.
 */
function mostTelling(denials: readonly Unauthenticated[]): Unauthenticated {
  for (const says of TELLING) {
    const told = denials.find(says)
    if (told !== undefined) return told
  }
  return denials[0]!
}

type Says = (denial: Unauthenticated) => boolean

const namesError: Says = ({ challenges }) => challenges.some(({ params }) => params?.error !== undefined)
const wasSent = ({ code }: Denial): boolean => !code.endsWith('_missing')

/** From what says most to what says least. */
const TELLING: readonly Says[] = [
  ({ event }) => event !== undefined,
  ({ challenges }) => challenges.some(({ params }) => params?.error === 'use_dpop_nonce'),
  (denial) => namesError(denial) && !ELSEWHERE.test(denial.code),
  namesError, // RFC 6750 section 3.1: no error where no credential was sent
  (denial) => wasSent(denial) && !OF_CERTIFICATE.test(denial.code),
  ({ facts }) => facts !== undefined && 'principal' in facts,
  wasSent,
]

const OF_CERTIFICATE = /^(?:certificate|svid)_/
/** What one alternative says of a good credential that is another's. */
const ELSEWHERE =
  /^(?:token_(?:issuer_\w+|audience_\w+|key_unknown|malformed|inactive|type_refused|scheme_mismatch|proof_missing)|key_unknown)$/

/** An attempt with a credential that is no alternative's, or a dependency that is away; and never what is merely not allowed. */
function isNews(denial: Denial): boolean {
  if (denial.event !== undefined || denial.kind === 'unavailable' || denial.kind === 'internal') return true
  if (!isUnauthenticated(denial) || ELSEWHERE.test(denial.code)) return false
  return namesError(denial) || (wasSent(denial) && !OF_CERTIFICATE.test(denial.code))
}
