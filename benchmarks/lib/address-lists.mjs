import { denyAddresses } from 'wardline'
import { addressFloor } from '../floor/addresses.mjs'
import { requestContext } from './context.mjs'

export const MOST_RANGES = 50_000

/** Networks that do not adjoin, spread over all there are, in no order: a list that was put together from others. */
export const FAMILIES = {
  ipv4: {
    range: (index) => `${dotted(spread(index))}/26`,
    listed: (index) => dotted(spread(index) + 63),
    unlisted: (index) => dotted(spread(index) + 64),
  },
  ipv6: {
    range: (index) => `${grouped(spread(index))}::/64`,
    listed: (index) => `${grouped(spread(index))}:ffff:ffff:ffff:ffff`,
    unlisted: (index) => `${grouped(spread(index) + 1)}:a:b:c:d`,
  },
}

/** A number of 32 bits, no two within 128 of each other. */
const spread = (index) => (((index * 40_503) % 65_536) << 16) >>> 0
const dotted = (number) => [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join('.')
const grouped = (number) => `2001:db8:${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`

/** What lets an address pass that is in none of the ranges: `(ranges) => (address) => boolean`, by name. */
export const lists = {
  wardline: (ranges) => {
    const guard = denyAddresses({ ranges })
    const ctx = requestContext()
    return (address) => {
      ctx.client = address
      return guard.check(ctx).allowed
    }
  },
  floor: addressFloor,
}
