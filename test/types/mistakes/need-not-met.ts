import { requireScope } from 'wardline'
import { guard } from '../../../packages/express/src/index.js'

export const middleware = guard(requireScope('orders:read'))
