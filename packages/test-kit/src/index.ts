export {
  type Aftermath,
  type AuditedAnswer,
  type AuditedRequest,
  AuditedService,
  type AuditLine,
  CANARY,
  isGuarded,
  NOTHING_WRONG,
  stopLeftovers,
} from './audited-service.js'
export { type Burst, burst, remaining, times } from './burst.js'
export { type FaultyLink, faultyLink } from './faulty-link.js'
export { forge } from './forge.js'
export { freshAddress, freshSub, tokenFor } from './fresh-caller.js'
export { type Idp, type IdpOptions, type RotateOptions, startIdp } from './idp.js'
export { CLIENT_SECRET, type ClientAuthentication, type IdpClient } from './idp-client.js'
export type { SigningAlgorithm } from './idp-keys.js'
export type { ServerTls } from './idp-server.js'
export type { TokenRequest } from './idp-token.js'
export { leaks } from './leaks.js'
export { type LogoutProvider, type LogoutProviderOptions, logoutProvider } from './logout-provider.js'
export { openSocket, type SocketOptions } from './open-socket.js'
export {
  type CertificateOptions,
  createTestCa,
  type KeyUsage,
  LOOPBACK,
  selfSigned,
  type TestCa,
  type TestCertificate,
} from './pki.js'
export { type RawAnswer, type RawRequest, rawRequest } from './raw-request.js'
export { type RedisCluster, type RedisClusterOptions, redisCluster } from './redis-cluster.js'
export { commandCount } from './redis-count.js'
export { type RedisSentinel, type RedisSentinelOptions, redisSentinel } from './redis-sentinel.js'
export { type RedisServerOptions, type RedisTls, redisServer } from './redis-server.js'
export type { SlotMove } from './redis-slot-move.js'
export type { RedisServer } from './redis-start.js'
export type { RedisReply } from './redis-wire.js'
export { seesIntermediates } from './sees-intermediates.js'
export { type ServiceProcess, startService } from './service-process.js'
export { type SlowRequest, slowRequest } from './slow-request.js'
export { tlsFetch } from './tls-fetch.js'
export type { ClientTls } from './tls-options.js'
export { type CertificateField, startTlsProxy, type TlsProxy, type TlsProxyOptions } from './tls-proxy.js'
