import { RedisLink } from './link.js'
import { shown } from './options.js'

/** @throws TypeError for what is no link. */
export function linkOf(owner: string, link: RedisLink): RedisLink {
  if (link instanceof RedisLink) return link
  throw new TypeError(`${owner}: link must be a RedisLink, got ${shown(link)}`)
}
