import type { Certificate } from './certificate.js'
import { PURPOSE } from './certificate-extensions.js'
import { parseWorkloadId, type SpiffeId } from './spiffe-id.js'

export type SvidFault = 'svid_uri_count' | 'svid_id_invalid' | 'svid_is_ca' | 'svid_key_usage' | 'svid_purpose'

/** Whom a certificate names as the leaf of an X509-SVID; otherwise what is wrong with it (X509-SVID sections 2 to 5). */
export function svidOf({ names, isCa, keyUsage, purposes }: Certificate): SpiffeId | SvidFault {
  const [uri, ...more] = names.uri
  if (uri === undefined || more.length > 0) return 'svid_uri_count'
  // section 5.2: the id of a leaf has a path, that of the trust domain itself is its authority's
  const id = parseWorkloadId(uri)
  if (id === undefined) return 'svid_id_invalid'
  if (isCa) return 'svid_is_ca'
  if (keyUsage?.digitalSignature !== true || keyUsage.keyCertSign || keyUsage.crlSign) return 'svid_key_usage'
  const isBoth = purposes?.has(PURPOSE.clientAuth) && purposes.has(PURPOSE.serverAuth)
  return purposes !== undefined && !isBoth ? 'svid_purpose' : id
}
