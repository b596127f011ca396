import { fork } from 'node:child_process'
import { constants, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

/**
 * Whether a signature is better verified on the event loop or on libuv's threads: one token a request, none of them
 * remembered, over keep-alive connections of a second process. Every way is measured in every round, and the medians are
 * printed: requests a second, latency, and CPU time of the whole server process, threads included.
 *
 *     node verification-under-load.mjs [rounds] [seconds] [connections]
 */
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
const P1363 = { dsaEncoding: 'ieee-p1363' }

const ALGORITHMS = {
  'RS256 2048': { type: 'rsa', options: { modulusLength: 2048 }, hash: 'sha256', rest: {} },
  'RS256 4096': { type: 'rsa', options: { modulusLength: 4096 }, hash: 'sha256', rest: {} },
  'PS256 2048': { type: 'rsa', options: { modulusLength: 2048 }, hash: 'sha256', rest: PSS },
  'PS256 4096': { type: 'rsa', options: { modulusLength: 4096 }, hash: 'sha256', rest: PSS },
  ES256: { type: 'ec', options: { namedCurve: 'P-256' }, hash: 'sha256', rest: P1363 },
  ES384: { type: 'ec', options: { namedCurve: 'P-384' }, hash: 'sha384', rest: P1363 },
  ES512: { type: 'ec', options: { namedCurve: 'P-521' }, hash: 'sha512', rest: P1363 },
  Ed25519: { type: 'ed25519', options: undefined, hash: null, rest: {} },
}
const WAYS = ['sync', 'threaded']
const CLAIMS = { iss: 'https://idp.test', aud: 'orders-api', sub: 'alice', client_id: 'shop', scope: 'orders:read' }
const TOKENS = 100

if (process.send === undefined) await measure(...process.argv.slice(2).map(Number))
else process.once('message', serve)

async function measure(rounds = 5, seconds = 2, connections = 50) {
  const issuers = Object.fromEntries(Object.entries(ALGORITHMS).map(([name, algorithm]) => [name, issuer(algorithm)]))
  const server = fork(fileURLToPath(import.meta.url))
  server.send(Object.fromEntries(Object.entries(issuers).map(([name, { jwk }]) => [name, jwk])))
  const [port] = await once(server, 'message')
  const contenders = Object.entries(issuers).flatMap(([name, { tokens }]) =>
    WAYS.map((way) => ({ name, way, readings: [], requests: tokens.map((token) => request(name, way, token)) })),
  )
  contenders.push({ name: 'no signature', way: 'sync', readings: [], requests: [request('', 'none', 'a.b.c')] })
  try {
    for (const { requests } of contenders) await load(port, requests, 300, connections) // warm
    for (let round = 0; round < rounds; round++) {
      for (const { requests, readings } of contenders) {
        const before = await cpuMicroseconds(server)
        const startedAt = performance.now()
        const latencies = await load(port, requests, seconds * 1000, connections)
        const elapsed = (performance.now() - startedAt) / 1000
        readings.push(summary(latencies, elapsed, (await cpuMicroseconds(server)) - before))
      }
    }
  } finally {
    server.disconnect()
  }
  console.table(contenders.map(({ name, way, readings }) => ({ algorithm: name, way, ...medians(readings) })))
}

function issuer({ type, options, hash, rest }) {
  const { publicKey, privateKey } = generateKeyPairSync(type, options)
  const tokens = Array.from({ length: TOKENS }, (_, index) => {
    const input = [
      { typ: 'at+jwt', kid: 'one' },
      { ...CLAIMS, jti: String(index) },
    ]
      .map(encoded)
      .join('.')
    return `${input}.${sign(hash, Buffer.from(input), { key: privateKey, ...rest }).toString('base64url')}`
  })
  return { jwk: publicKey.export({ format: 'jwk' }), tokens }
}

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function request(name, way, token) {
  const path = `/${way}/${encodeURIComponent(name)}`
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`
}

/** Latencies in milliseconds of all answers within `milliseconds`. */
async function load(port, requests, milliseconds, connections) {
  const latencies = []
  const until = performance.now() + milliseconds
  const one = async (index) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    let next = index
    let askedAt = performance.now()
    const ask = () => {
      askedAt = performance.now()
      socket.write(requests[next++ % requests.length])
    }
    ask()
    await new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('data', (answer) => {
        if (!answer.latin1Slice().startsWith('HTTP/1.1 204')) reject(new Error(answer.toString()))
        const now = performance.now()
        latencies.push(now - askedAt)
        if (now < until) ask()
        else resolve()
      })
    })
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, (_, index) => one(index)))
  return latencies
}

async function cpuMicroseconds(server) {
  server.send('usage')
  return (await once(server, 'message'))[0]
}

function summary(latencies, seconds, cpu) {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))]
  return { 'requests/s': sorted.length / seconds, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'cpu us': cpu / sorted.length }
}

function medians(readings) {
  const median = (column) => readings.map((reading) => reading[column]).sort((a, b) => a - b)[readings.length >> 1]
  return Object.fromEntries(Object.keys(readings[0]).map((column) => [column, Number(median(column).toPrecision(4))]))
}

/** The server: `/way/algorithm`, 204 for a token that is signed well. */
function serve(jwks) {
  const verifiers = new Map([['/none/', (_token, done) => done(true)]])
  for (const [name, { hash, rest }] of Object.entries(ALGORITHMS)) {
    const key = { key: createPublicKey({ key: jwks[name], format: 'jwk' }), ...rest }
    const path = encodeURIComponent(name)
    verifiers.set(`/sync/${path}`, (token, done) => {
      const { input, signature } = parts(token)
      done(verify(hash, input, key, signature))
    })
    verifiers.set(`/threaded/${path}`, (token, done) => {
      const { input, signature } = parts(token)
      verify(hash, input, key, signature, (_error, valid) => done(valid === true))
    })
  }
  const server = createServer((request, response) => {
    const token = request.headers.authorization.slice('Bearer '.length)
    verifiers.get(request.url)(token, (valid) => response.writeHead(valid ? 204 : 401).end())
  })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send(user + system)
  })
  process.once('disconnect', () => process.exit())
}

function parts(token) {
  const last = token.lastIndexOf('.')
  return {
    input: Buffer.from(token.slice(0, last), 'latin1'),
    signature: Buffer.from(token.slice(last + 1), 'base64url'),
  }
}
