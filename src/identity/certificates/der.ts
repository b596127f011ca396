/** One value of DER (X.690 section 8.1): where it lies in the bytes it was read from. */
export interface DerValue {
  /** The identifier octet: class, constructed or not, and number below 31. */
  readonly tag: number
  /** Where its contents begin. */
  readonly start: number
  /** Where they end, and the next value begins. */
  readonly end: number
}

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  sequence: 0x30,
} as const

/** No part of a certificate that is read here has more members. */
const MAX_MEMBERS = 1024

/**
 * The value at `offset`; undefined where there is none that ends by `end`, or its length is not in the one form that DER
 * allows (X.690 section 10.1). Reads no tag above 30, which X.509 does not use.
 */
export function derAt(bytes: Uint8Array, offset: number, end: number): DerValue | undefined {
  const tag = bytes[offset]
  const first = bytes[offset + 1]
  if (tag === undefined || first === undefined || offset + 2 > end || (tag & 0x1f) === 0x1f) return undefined
  if (first < 0x80) return within({ tag, start: offset + 2, end: offset + 2 + first }, end)
  const count = first & 0x7f
  if (count < 1 || count > 3 || offset + 2 + count > end) return undefined
  let length = 0
  for (let i = 0; i < count; i++) length = length * 256 + bytes[offset + 2 + i]!
  const isShortest = length >= (count === 1 ? 0x80 : 256 ** (count - 1))
  return isShortest ? within({ tag, start: offset + 2 + count, end: offset + 2 + count + length }, end) : undefined
}

const within = (value: DerValue, end: number): DerValue | undefined => (value.end <= end ? value : undefined)

/** What stands in a constructed value, end to end; undefined where that is not so, or there are more than 1024. */
export function derMembers(bytes: Uint8Array, { start, end }: DerValue): readonly DerValue[] | undefined {
  const members: DerValue[] = []
  for (let offset = start; offset < end; ) {
    const member = derAt(bytes, offset, end)
    if (member === undefined || members.length === MAX_MEMBERS) return undefined
    members.push(member)
    offset = member.end
  }
  return members
}

/** The contents of an object identifier in hex: what there is to compare is known beforehand. */
export const derObjectId = (bytes: Uint8Array, value: DerValue | undefined): string | undefined =>
  value?.tag === DER.objectId && value.end > value.start && value.end - value.start <= 32
    ? Buffer.from(bytes.subarray(value.start, value.end)).toString('hex')
    : undefined
