import type { AddressInfo } from 'node:net'
import { app } from './app.js'

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', (error) => {
  if (error) throw error
  process.stderr.write(`hello: listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
