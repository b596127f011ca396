import type { Service } from '../service.js'
import type { World } from '../world.js'
import { baseline, chained, forwarded, hopped, reporting, unmounted } from './chains.js'
import { front } from './front.js'
import { broken, limited, waiting } from './limits.js'

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
  baseline,
} satisfies Readonly<Record<string, (world: World) => Service>>

export type ServiceName = keyof typeof SERVICES
