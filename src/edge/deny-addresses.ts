import type { Guard } from '../guard.js'
import { addressGuard } from './address-guard.js'
import type { AddressListOptions } from './address-list.js'

/**
 * Refuses requests whose client address is in the list, IPv4 also where it is mapped into IPv6, in any spelling. The address
 * is `ctx.client`, by the service's rule (`clientAddress()`). One that is unknown or no address is refused as well: nobody
 * can say that it is not in the list.
 *
 * The list and its file are those of `allowAddresses()`.
 *
 * Denies with 403 `address_refused`.
 *
 * @throws TypeError for neither `ranges` nor `file`, an option out of its range, an empty list, and ranges that cover every
 * address of IPv4 or IPv6; Error for a file that cannot be used at start, with its path and line.
 */
export const denyAddresses = (options: AddressListOptions): Guard => addressGuard('denyAddresses', options, 'unlisted')
