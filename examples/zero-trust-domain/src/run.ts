import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { serve, start } from '@wardline/example-service'
import { type ZeroTrustConfig, zeroTrustConfig } from './config.js'
import { zeroTrustSettings } from './policies.js'
import { type Trust, trustOf } from './trust.js'

type Settings = ReturnType<typeof zeroTrustSettings>

/** Starts the service that `listenerOf` makes, over TLS, and keeps its issuers' keys warm while it runs. */
export function run(
  name: string,
  listenerOf: (config: ZeroTrustConfig, trust: Trust, settings: Settings) => RequestListener,
): void {
  start(name, () => {
    const config = zeroTrustConfig(process.env)
    const trust = trustOf(config, (line) => process.stderr.write(`${name}: ${line}\n`))
    const settings = zeroTrustSettings(config, trust)
    const listener = listenerOf(config, trust, settings)
    const cooling = trust.issuers.map((issuer) => issuer.keepWarm())
    const server = (timeouts: object, app: RequestListener) =>
      trust.tls.follow(createServer({ ...trust.tls.options, ...timeouts }, app))
    serve(name, listener, { ...config, server }, async () => {
      for (const cool of cooling) cool()
      await settings.audit.close()
    })
  })
}
