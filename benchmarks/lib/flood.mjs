import { addressOf } from './address-of.mjs'

/** Clients that a flood comes from, most of them seen a few times. */
export const ADDRESSES = 2 ** 19
/** Keys that come again and again; as many others as addresses come rarely. */
export const HOT_KEYS = 30

export const keyOf = (index) => `key-${index}`

const below = (count) => Math.floor(Math.random() * count)

const PATHS = [
  ...['/sliding', '/once', '/fixed', '/bytes', '/places', '/throttled', '/login', '/signin', '/batch', '/healthz'],
  ...['/sliding', '/places', '/throttled'],
]

/** One request of a flood, behind a proxy that we trust and others that anybody may have made up. */
export function floodRequest() {
  const key = below(3) === 0 ? below(HOT_KEYS) : HOT_KEYS + below(ADDRESSES)
  return {
    path: PATHS[below(PATHS.length)],
    headers: { 'x-api-key': keyOf(key), 'x-forwarded-for': forwarded() },
    /** Milliseconds until the client leaves, if it does. */
    leavesAfterMs: below(25) === 0 ? below(30) : undefined,
  }
}

function forwarded() {
  switch (below(50)) {
    case 0:
      return 'no address'
    case 1:
      return addressOf(below(3))
    case 2:
      return `2001:db8:${below(3)}:${below(0xffff).toString(16)}::1` // many hosts of few networks
    default:
      return `192.0.2.${below(256)}, ${addressOf(below(ADDRESSES))}`
  }
}
