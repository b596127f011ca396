import { auditTrail } from '../audit/index.js'
import { clientAddress } from '../edge/index.js'
import { callable, knownOptions, oneOf, shown } from '../lib/options.js'
import type { AuditTrail, Service, ServiceSettings } from '../service.js'

/**
 * Checks settings and fills in the defaults.
 *
 * @throws TypeError for an unknown setting or one of the wrong type.
 */
export function resolveService(settings: ServiceSettings = {}): Service {
  knownOptions('createGuard()', settings, ['audit', 'clientAddress', 'clock', 'mode', 'resource'])
  const { audit = defaultTrail(), clientAddress: rule = clientAddress() } = settings
  if (typeof audit?.record !== 'function') throw new TypeError(`audit must be an audit trail, got ${shown(audit)}`)
  return Object.freeze({
    audit,
    clientAddress: callable('clientAddress', rule),
    clock: settings.clock === undefined ? Date.now : checkedClock(callable('clock', settings.clock)),
    resource: resourceOf(settings.resource),
    mode: oneOf('mode', settings.mode ?? 'enforce', ['enforce', 'report']),
  })
}

/** A time that is none is an error of the service, and none of the caller's. */
const checkedClock = (clock: () => number) => (): number => {
  const nowMs = clock()
  if (Number.isFinite(nowMs)) return nowMs
  throw new TypeError(`clock must give milliseconds since the epoch, got ${shown(nowMs)}`)
}

function resourceOf(resource: ServiceSettings['resource']): ServiceSettings['resource'] {
  if (resource === undefined || URL.canParse(resource?.metadataUrl)) return resource
  throw new TypeError(`resource must be what protectedResource() gives, got ${shown(resource)}`)
}

/** One for all services of the process that name none: they share standard output. */
let shared: AuditTrail | undefined
const defaultTrail = (): AuditTrail => {
  shared ??= auditTrail({ include: 'denials' })
  return shared
}
