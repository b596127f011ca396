import { all, type PriorityClass, type RequestContext, responseHeaders, shed } from 'wardline'
import { get, post } from '../route.js'
import type { Service } from '../service.js'
import { settingsOf, type World } from '../world.js'
import { signedIn, waits } from './guards.js'

/** Room for ten requests at once; what is asked for says how much it matters. `/load` says where the load stands. */
export const shedding = (world: World): Service => {
  const guard = shed({ maxInFlight: 10, priority: classOf, exempt: ['/healthz', '/load'], retryAfterSeconds: 2 })
  const atTheGate = async () => {
    await world.gate.wait()
    return { status: 200, body: {} }
  }
  return {
    settings: settingsOf(world),
    everyone: all(responseHeaders(), guard),
    mountedAt: 'service',
    routes: [
      get('/healthz'),
      get('/load', [], () => ({ status: 200, body: guard.load() })),
      get('/open'),
      post('/open'),
      get('/handler', [], atTheGate),
      get('/batch/handler', [], atTheGate),
      get('/checkout/handler', [], atTheGate),
      get('/guard', [waits(world)]),
      get('/private', [signedIn(world)]),
      get('/throws', [], () => {
        throw new Error('a handler that fails')
      }),
    ],
  }
}

function classOf({ path }: RequestContext): PriorityClass {
  if (path.startsWith('/checkout/')) return 'critical'
  return path.startsWith('/batch/') ? 'sheddable' : 'default'
}
