import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { createTestCa, LOOPBACK } from './pki.js'

/**
 * Whether this Node.js shows a server the certificates between its caller's own and the authority. Versions 24.21.0 and
 * 26.8 drop them during the handshake; a path that cannot be seen is then refused.
 */
export async function seesIntermediates(): Promise<boolean> {
  const ca = await createTestCa()
  const [served, caller] = await Promise.all([ca.issue(LOOPBACK), (await ca.intermediate()).issue()])
  const tls = { cert: served.certPem, key: served.keyPem, ca: ca.certPem, requestCert: true, rejectUnauthorized: true }
  const server = createServer(tls).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>
    const own = { ca: ca.certPem, cert: caller.chainPem, key: caller.keyPem }
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...own })
    const failed = once(socket, 'close').then(() => Promise.reject(new Error('the connection was closed')))
    const [connection] = await Promise.race([accepted, failed])
    const sees = connection.getPeerX509Certificate()?.issuerCertificate !== undefined
    failed.catch(() => {})
    connection.destroy()
    socket.destroy()
    return sees
  } finally {
    server.close()
  }
}
