export { forge } from './forge.js'
export { type Idp, type IdpClient, type IdpOptions, startIdp } from './idp.js'
export { type RawAnswer, type RawRequest, rawRequest } from './raw-request.js'
export { type ServiceProcess, startService } from './service-process.js'
