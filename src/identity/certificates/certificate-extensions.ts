import { canonicalAddress } from '../../lib/address.js'
import { DER, type DerValue, derAt, derMembers, derObjectId } from './der.js'

/** Subject alternative names by kind (RFC 5280 section 4.2.1.6): the names themselves, and nothing made of them. */
export interface AlternativeNames {
  readonly uri: readonly string[]
  readonly dns: readonly string[]
  readonly email: readonly string[]
  /** In canonical spelling. */
  readonly ip: readonly string[]
}

/** What the extensions of a certificate say, as far as it is needed here. */
export interface CertificateExtensions {
  readonly names: AlternativeNames
  /** Whether basic constraints call it a certification authority. */
  readonly isCa: boolean
  /** Undefined where the path below has no limit. */
  readonly pathLength: number | undefined
  /** Undefined without the extension, which leaves all uses open. */
  readonly keyUsage: KeyUsage | undefined
  /** Purposes; undefined without the extension, which leaves all of them open. */
  readonly purposes: ReadonlySet<string> | undefined
  /** Whether it holds a critical extension that is not understood here, or constraints on names (section 4.2). */
  readonly isBeyond: boolean
}

/** RFC 5280 section 4.2.1.3. */
interface KeyUsage {
  readonly digitalSignature: boolean
  readonly keyCertSign: boolean
  readonly crlSign: boolean
}

/** Object identifiers by their contents in hex. */
export const PURPOSE = {
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
  any: '551d2500',
} as const

const EXTENSION = {
  keyUsage: '551d0f',
  alternativeNames: '551d11',
  basicConstraints: '551d13',
  nameConstraints: '551d1e',
  policies: '551d20',
  purposes: '551d25',
} as const

interface Extension {
  readonly isCritical: boolean
  readonly value: DerValue
}

/** @param list - The `Extensions` of a certificate; undefined where it has none. Undefined when malformed. */
export function certificateExtensions(der: Uint8Array, list: DerValue | undefined): CertificateExtensions | undefined {
  const extensions = list === undefined ? new Map<string, Extension>() : extensionsOf(der, list)
  if (extensions === undefined) return undefined
  const read = <T>(id: string, reader: (der: Uint8Array, value: DerValue) => T | undefined, absent: T) => {
    const extension = extensions.get(id)
    return extension === undefined ? { value: absent } : { value: reader(der, extension.value), isHere: true }
  }
  const names = read(EXTENSION.alternativeNames, alternativeNames, NO_NAMES)
  const constraints = read(EXTENSION.basicConstraints, basicConstraints, NO_CONSTRAINTS)
  const usage = read<KeyUsage | undefined>(EXTENSION.keyUsage, keyUsage, undefined)
  const purposes = read<ReadonlySet<string> | undefined>(EXTENSION.purposes, purposesOf, undefined)
  if (names.value === undefined || constraints.value === undefined) return undefined
  if ([usage, purposes].some(({ value, isHere }) => isHere && value === undefined)) return undefined
  const isUnknown = ([id, { isCritical }]: [string, Extension]) => isCritical && !UNDERSTOOD.includes(id)
  return {
    names: names.value,
    ...constraints.value,
    keyUsage: usage.value,
    purposes: purposes.value,
    isBeyond: extensions.has(EXTENSION.nameConstraints) || [...extensions].some(isUnknown),
  }
}

const UNDERSTOOD: readonly string[] = [
  EXTENSION.keyUsage,
  EXTENSION.alternativeNames,
  EXTENSION.basicConstraints,
  EXTENSION.policies,
  EXTENSION.purposes,
]

/** RFC 5280 section 4.2: not two of one kind. */
function extensionsOf(der: Uint8Array, list: DerValue): ReadonlyMap<string, Extension> | undefined {
  const members = list.tag === DER.sequence ? derMembers(der, list) : undefined
  if (members === undefined) return undefined
  const extensions = new Map<string, Extension>()
  for (const member of members) {
    const [id, ...rest] = (member.tag === DER.sequence && derMembers(der, member)) || []
    const name = derObjectId(der, id)
    const critical = rest[0]?.tag === DER.boolean ? booleanOf(der, rest.shift()!) : false
    const [value] = rest
    if (name === undefined || extensions.has(name) || critical === undefined) return undefined
    if (value?.tag !== DER.octetString || rest.length !== 1) return undefined
    const inner = derAt(der, value.start, value.end)
    // an extension that is not read here may hold anything
    const isRead = UNDERSTOOD.includes(name)
    if (isRead && inner?.end !== value.end) return undefined
    extensions.set(name, { isCritical: critical, value: isRead ? inner! : value })
  }
  return extensions
}

function booleanOf(der: Uint8Array, { start, end }: DerValue): boolean | undefined {
  const octet = der[start]
  return end - start === 1 && (octet === 0x00 || octet === 0xff) ? octet === 0xff : undefined
}

const NO_CONSTRAINTS = { isCa: false, pathLength: undefined }

function basicConstraints(
  der: Uint8Array,
  value: DerValue,
): Pick<CertificateExtensions, 'isCa' | 'pathLength'> | undefined {
  const members = value.tag === DER.sequence ? [...(derMembers(der, value) ?? [undefined])] : [undefined]
  const isCa = members[0]?.tag === DER.boolean ? booleanOf(der, members.shift()!) : false
  if (members.length === 0) return isCa === undefined ? undefined : { isCa, pathLength: undefined }
  const [length] = members
  if (isCa !== true || members.length > 1 || length?.tag !== DER.integer || length.end - length.start !== 1) {
    return undefined
  }
  const pathLength = der[length.start]!
  return pathLength < 0x80 ? { isCa, pathLength } : undefined
}

function keyUsage(der: Uint8Array, { tag, start, end }: DerValue): KeyUsage | undefined {
  const unused = der[start]
  if (tag !== DER.bitString || end - start < 2 || end - start > 3 || unused === undefined || unused > 7)
    return undefined
  const bits = der[start + 1]!
  return { digitalSignature: (bits & 0x80) !== 0, keyCertSign: (bits & 0x04) !== 0, crlSign: (bits & 0x02) !== 0 }
}

function purposesOf(der: Uint8Array, value: DerValue): ReadonlySet<string> | undefined {
  const ids = value.tag === DER.sequence ? derMembers(der, value)?.map((id) => derObjectId(der, id)) : undefined
  return ids === undefined || ids.length === 0 || ids.includes(undefined) ? undefined : new Set(ids as string[])
}

const NO_NAMES: AlternativeNames = Object.freeze({ uri: [], dns: [], email: [], ip: [] })

const KINDS: Readonly<Record<number, 'email' | 'dns' | 'uri'>> = { 129: 'email', 130: 'dns', 134: 'uri' }
const IP_ADDRESS = 0x87

/** Names of other kinds are left out; one that is not printable ASCII spoils the certificate (a NUL, above all). */
function alternativeNames(der: Uint8Array, value: DerValue): AlternativeNames | undefined {
  const members = value.tag === DER.sequence ? derMembers(der, value) : undefined
  if (members === undefined) return undefined
  const names = { uri: [] as string[], dns: [] as string[], email: [] as string[], ip: [] as string[] }
  for (const { tag, start, end } of members) {
    const kind = KINDS[tag]
    if (kind === undefined && tag !== IP_ADDRESS) continue
    const octets = Buffer.from(der.subarray(start, end))
    const name = kind === undefined ? addressOf(octets) : octets.toString('latin1')
    if (name === undefined || !PRINTABLE.test(name)) return undefined
    names[kind ?? 'ip'].push(name)
  }
  return names
}

const PRINTABLE = /^[\x21-\x7e]+$/

function addressOf(octets: Buffer): string | undefined {
  if (octets.length === 4) return octets.join('.')
  if (octets.length !== 16) return undefined
  return canonicalAddress(octets.toString('hex').replace(/(.{4})(?!$)/g, '$1:'))
}
