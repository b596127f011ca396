import type { Service } from '../service.js'
import type { World } from '../world.js'
import { keyed } from './api-keys.js'
import { certified } from './certificates.js'
import { baseline, chained, forwarded, hopped, reporting, unmounted } from './chains.js'
import { crossOrigin, hosted, preflighted, sameOriginOnly } from './cross-origin.js'
import { proving } from './dpop.js'
import { federated } from './federation.js'
import { front } from './front.js'
import { lookingUp } from './introspection.js'
import { broken, limited, waiting } from './limits.js'
import { addressless, listed } from './listed.js'
import { relying } from './outage.js'
import { partnered } from './partner.js'
import { products } from './products.js'
import { fronted, namedField, ruled, unproxied } from './proxies.js'
import { secured } from './secured.js'
import { sessions } from './sessions.js'
import { shedding } from './shed.js'
import { traffic } from './traffic.js'

/** By the name that rows and scenarios use. Each call makes a service of its own: no counts are shared. */
export const SERVICES = {
  front,
  chained,
  unmounted,
  limited,
  waiting,
  broken,
  reporting,
  forwarded,
  hopped,
  listed,
  addressless,
  baseline,
  certified,
  federated,
  lookingUp,
  keyed,
  proving,
  secured,
  products,
  partnered,
  relying,
  sessions,
  shedding,
  traffic,
  crossOrigin,
  preflighted,
  sameOriginOnly,
  hosted,
  fronted,
  namedField,
  ruled,
  unproxied,
} satisfies Readonly<Record<string, (world: World) => Service>>

export type ServiceName = keyof typeof SERVICES
