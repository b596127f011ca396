import type { RequestContext } from '../context.js'
import { ALLOWED, type Decision, type Forbidden, forbid } from '../decision.js'
import type { Guard } from '../guard.js'
import { andThen } from '../lib/maybe-promise.js'
import { type AddressListOptions, addressList } from './address-list.js'

/** A guard that lets addresses pass which a list holds, or those that it does not. What is no address is neither. */
export function addressGuard(
  name: 'allowAddresses' | 'denyAddresses',
  options: AddressListOptions,
  passes: 'listed' | 'unlisted',
): Guard {
  const list = addressList(`${name}()`, options)
  const isPassing = passes === 'listed'
  const unreadable = Object.freeze({ event: 'sys_monitor_disabled', code: 'address_file_unreadable', guard: name })
  return Object.freeze({
    name,
    about: { room: 'edge' } as const,
    check: (ctx: RequestContext) =>
      andThen(list.current, ({ addresses }): Decision => {
        if (list.isBroken) ctx.report(unreadable)
        return addresses.has(ctx.client) === isPassing ? ALLOWED : REFUSED
      }),
  })
}

/** The same for all, so that it tells nothing of the list. */
const REFUSED: Forbidden = Object.freeze(forbid('address_refused', 'Requests from this address are not accepted.'))
