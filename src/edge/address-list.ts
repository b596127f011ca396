import { rangeOf } from '../lib/address.js'
import { type AddressRange, AddressSet, addressRange, type RangeFault } from '../lib/address-set.js'
import { FollowedFile } from '../lib/followed-file.js'
import { tell } from '../lib/listener.js'
import type { MaybePromise } from '../lib/maybe-promise.js'
import { callable, integerBetween, knownOptions, nonEmptyString, shown } from '../lib/options.js'

/** Addresses and CIDR ranges of IPv4 and IPv6, in code, in a file, or in both. */
export interface AddressListOptions {
  /** Up to 100 000 addresses and CIDR ranges. Default: none, and then there is a `file`. */
  readonly ranges?: readonly string[] | undefined
  /**
   * Path of a file of at most 4 MiB with more of them, one a line; what follows a `#`, and empty lines, do not count. The
   * last line has an end, and at least one an address: a file that was cut off, or emptied to be written, is not taken
   * for the list. Replace it in one step, by renaming another. Default: none.
   */
  readonly file?: string | undefined
  /**
   * Milliseconds after which requests have the file looked at again, 100 to 60 000. A change acts within twice that, also
   * where no request came for long. Default: 1000.
   */
  readonly refreshMs?: number | undefined
  /** Told what became of the file. What it throws is ignored. Default: nobody is. */
  readonly onEvent?: ((event: AddressFileEvent) => void) | undefined
}

/** Something that happened to a file of addresses. */
export type AddressFileEvent =
  /** At start, and whenever what is in it has changed: how many addresses and ranges. */
  | { readonly event: 'address_file_loaded'; readonly path: string; readonly ranges: number }
  /** The first failure after a success, with the line where one is to blame: the last good list stays in force. */
  | { readonly event: 'address_file_unreadable'; readonly path: string; readonly cause: unknown }
  /** The first success after that. */
  | { readonly event: 'address_file_recovered'; readonly path: string }

/** A list as requests ask it. */
interface AddressList {
  /** As it is now. A Promise only where the file is looked at after a pause. */
  readonly current: MaybePromise<{ readonly addresses: AddressSet }>
  /** Whether something is wrong with the file, so that the list is an old one. */
  readonly isBroken: boolean
}

const MAX_RANGES = 100_000
const MAX_BYTES = 4 * 1024 * 1024

/**
 * The list that `owner` was given.
 *
 * @throws TypeError for an option out of its range, and Error for a file that cannot be used at start.
 */
export function addressList(owner: string, options: AddressListOptions): AddressList {
  knownOptions(owner, options, ['ranges', 'file', 'refreshMs', 'onEvent'])
  const given = options.ranges === undefined ? [] : givenRanges(options.ranges)
  if (options.file !== undefined) return followedList(owner, options, given)
  if (options.ranges === undefined) throw new TypeError(`${owner}: give ranges, file, or both`)
  if (options.refreshMs !== undefined) throw new TypeError(`${owner}: refreshMs needs file`)
  if (options.onEvent !== undefined) throw new TypeError(`${owner}: onEvent needs file`)
  return { current: { addresses: new AddressSet(given) }, isBroken: false }
}

function givenRanges(ranges: unknown): readonly AddressRange[] {
  if (!Array.isArray(ranges) || ranges.length === 0 || ranges.length > MAX_RANGES) {
    const got = Array.isArray(ranges) ? `${ranges.length}` : shown(ranges)
    throw new TypeError(`ranges must be an array of 1 to ${MAX_RANGES} addresses and CIDR ranges, got ${got}`)
  }
  const given = Array.from(ranges, (range) => rangeOf('ranges', range))
  const { covers } = new AddressSet(given)
  if (covers !== undefined) throw new TypeError(`ranges: together they cover every ${covers} address`)
  return given
}

function followedList(owner: string, options: AddressListOptions, given: readonly AddressRange[]): AddressList {
  const path = nonEmptyString('file', options.file)
  const onEvent = options.onEvent === undefined ? undefined : callable('onEvent', options.onEvent)
  return new FollowedFile({
    owner,
    path,
    maxBytes: MAX_BYTES,
    refreshMs: integerBetween('refreshMs', options.refreshMs ?? 1_000, 100, 60_000),
    parse: (text) => {
      const written = rangesIn(text)
      const addresses = new AddressSet([...given, ...written])
      if (addresses.covers !== undefined) throw new Error(`its ranges cover every ${addresses.covers} address`)
      return { addresses, ranges: written.length }
    },
    onLoaded: ({ ranges }) => tell(onEvent, { event: 'address_file_loaded', path, ranges }),
    onUnreadable: (cause) => tell(onEvent, { event: 'address_file_unreadable', path, cause }),
    onRecovered: () => tell(onEvent, { event: 'address_file_recovered', path }),
  })
}

/** A line that is wrong is not quoted: the path may be that of another file, with secrets in it. */
function rangesIn(text: string): readonly AddressRange[] {
  const lines = text.split('\n')
  // "10.0.0.0/24" cut off is "10.0.0.0/2": an address list, unlike JSON, does not show it
  if (lines.at(-1) !== '') throw new Error(`line ${lines.length} has no end, as if the file were cut off`)
  const ranges: AddressRange[] = []
  for (const [index, line] of lines.entries()) {
    const written = line.split('#', 1)[0]!.trim()
    if (written === '') continue
    const range = addressRange(written)
    if (typeof range === 'string') throw new Error(`line ${index + 1} ${FAULTS[range]}`)
    ranges.push(range)
  }
  if (ranges.length === 0) throw new Error('there is no address in it')
  return ranges
}

const FAULTS: Readonly<Record<RangeFault, string>> = {
  malformed: 'is no address or CIDR range',
  prefix_out_of_range: 'has a prefix out of range',
  covers_everything: 'covers every address',
}
