import { RedisLink } from './link.js'
import { knownOptions, shown } from './options.js'

/** @throws TypeError for what is no link, and for further options. */
export function linkOf(owner: string, options: { readonly link: RedisLink }): RedisLink {
  knownOptions(owner, options, ['link'])
  if (options.link instanceof RedisLink) return options.link
  throw new TypeError(`link must be a RedisLink, got ${shown(options.link)}`)
}
