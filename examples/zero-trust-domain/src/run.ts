import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { serve, start } from '@wardline/example-service'
import type { ApiKeyFile } from 'wardline'
import { type ZeroTrustConfig, zeroTrustConfig } from './config.js'
import { zeroTrustSettings } from './policies.js'
import { type Trust, trustOf } from './trust.js'

type Settings = ReturnType<typeof zeroTrustSettings>

/** How often the file of API keys is looked at, in milliseconds. */
const KEY_FILE_MS = 1_000

/** Starts the service that `listenerOf` makes, over TLS. While it runs, it keeps all keys fresh, whether asked or not. */
export function run(
  name: string,
  listenerOf: (config: ZeroTrustConfig, trust: Trust, settings: Settings) => RequestListener,
): void {
  start(name, () => {
    const config = zeroTrustConfig(process.env)
    const trust = trustOf(config, (line) => process.stderr.write(`${name}: ${line}\n`))
    const settings = zeroTrustSettings(config, trust)
    const listener = listenerOf(config, trust, settings)
    const ends = [...trust.issuers.map((issuer) => issuer.keepWarm()), keepLookingAt(trust.apiKeys)]
    const server = (app: RequestListener) => trust.tls.follow(createServer(trust.tls.options, app))
    serve(name, listener, { ...config, server }, async () => {
      for (const end of ends) end()
      await settings.audit.close()
    })
  })
}

/** A file of API keys has no timer of its own: whoever asks for a key, be it one that nobody has, has the file looked at. */
function keepLookingAt(keys: ApiKeyFile): () => void {
  const timer = setInterval(() => void keys('nobody'), KEY_FILE_MS)
  return () => clearInterval(timer)
}
