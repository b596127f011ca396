import { shown } from '../lib/options.js'

/** @throws TypeError for anything that cannot stand in a challenge (RFC 9110 section 11.5). */
export function realmOf(realm: unknown): string {
  if (typeof realm === 'string' && /^[\x20-\x7e]{1,200}$/.test(realm)) return realm
  throw new TypeError(`realm must be 1 to 200 printable ASCII characters, got ${shown(realm)}`)
}
