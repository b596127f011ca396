import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { SAMPLE_ORDER } from '../services/orders.mjs'
import { startIssuer } from './issuer.mjs'

const CALLERS = 200

/**
 * Loads every service, a file with its options, in turn, several rounds over, with the same mix: GET and POST, callers whose tokens all services
 * have seen, 50 connections. Each service is a process of its own and idles while another is measured; all of them are
 * started anew `lives` times, since no two lives of a process are compiled alike.
 */
export async function loaded(contenders, { lives = 1, rounds, seconds, connections = 50 }) {
  const issuer = await startIssuer()
  const folder = mkdtempSync(join(tmpdir(), 'benchmark-'))
  const tokens = await Promise.all(Array.from({ length: CALLERS }, (_, index) => issuer.token(index)))
  const results = Object.keys(contenders).map((name) => ({ name, readings: [] }))
  try {
    for (let life = 0; life < lives; life++) {
      const services = []
      try {
        for (const [name, service] of Object.entries(contenders)) {
          services.push({ name, ...(await startService(service, issuer, folder)) })
        }
        for (const service of services) await warm(service, tokens, connections)
        for (let round = 0; round < rounds; round++) {
          for (let turn = 0; turn < services.length; turn++) {
            const index = (turn + life + round) % services.length
            results[index].readings.push(await load(services[index], tokens, { connections, duration: seconds }))
          }
        }
      } finally {
        await Promise.all(services.map(stop))
      }
    }
  } finally {
    await issuer.close()
    rmSync(folder, { recursive: true })
  }
  return results
}

/** Every token verified, and what is run often compiled. */
async function warm(service, tokens, connections) {
  await load(service, tokens, { connections: 1, amount: 2 * CALLERS })
  await load(service, tokens, { connections, duration: 3 })
}

async function stop({ child }) {
  child.disconnect()
  await once(child, 'exit')
}

async function startService(service, { issuer }, folder) {
  const [file, ...options] = service.split(' ')
  const path = fileURLToPath(new URL(`../services/${file}.mjs`, import.meta.url))
  const env = { ...process.env, NODE_ENV: 'production', ISSUER: issuer, AUDIT_LOG: join(folder, `${file}.log`) }
  const child = fork(path, options, { env, execArgv: [] })
  const [{ port }] = await once(child, 'message')
  return { child, port }
}

async function reading(child) {
  child.send('reading')
  return (await once(child, 'message'))[0]
}

async function load({ name, child, port }, tokens, options) {
  const requests = mix(tokens)
  let from = 0
  // Each connection starts with another caller: fifty in step would ask for one token at a time.
  const setupClient = (client) => {
    client.setRequests([...requests.slice(from), ...requests.slice(0, from)])
    from = (from + 7) % requests.length
  }
  const before = await reading(child)
  const result = await autocannon({ url: `http://127.0.0.1:${port}`, ...options, requests, setupClient })
  const after = await reading(child)
  const refused = result.non2xx + result.errors
  if (refused > 0) throw new Error(`${name}: ${refused} of ${result.requests.total} requests were refused`)
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / result.requests.total,
    perSecond: result.requests.average,
    p99Ms: result.latency.p99,
    rssMiB: after.rssBytes / 2 ** 20,
  }
}

const mix = (tokens) =>
  tokens.map((token, index) => {
    const authorization = `Bearer ${token}`
    if (index % 2 === 0) return { method: 'GET', path: `/orders/o-${index}`, headers: { authorization } }
    const headers = { authorization, 'content-type': 'application/json' }
    return { method: 'POST', path: '/orders', headers, body: JSON.stringify(SAMPLE_ORDER) }
  })
