import type { Guard } from '../guard.js'
import { addressGuard } from './address-guard.js'
import type { AddressListOptions } from './address-list.js'

/**
 * Lets requests pass whose client address is in the list, IPv4 also where it is mapped into IPv6, in any spelling. The
 * address is `ctx.client`, by the service's rule (`clientAddress()`). One that is unknown or no address is not in a list.
 *
 * The file is read again when it has changed. Requests do not wait for that, but for the first after a pause, and that one
 * no longer than a second. A file that is broken or away leaves the last good list in force, and every request that is
 * judged by it notes `address_file_unreadable` in its audit event.
 *
 * Denies with 403 `address_refused`.
 *
 * @throws TypeError for neither `ranges` nor `file`, an option out of its range, an empty list, and ranges that cover every
 * address of IPv4 or IPv6; Error for a file that cannot be used at start, with its path and line.
 */
export const allowAddresses = (options: AddressListOptions): Guard => addressGuard('allowAddresses', options, 'listed')
