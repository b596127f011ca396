import { openSocket } from './open-socket.js'
import { encodeCommand, RedisReader, type RedisReply } from './redis-wire.js'
import type { ClientTls } from './tls-options.js'

/** How one reaches a server on loopback. */
export interface RedisAddress {
  readonly port: number
  readonly password?: string | undefined
  readonly tls?: ClientTls | undefined
}

const TIMEOUT_MS = 5_000

/**
 * The reply to one command, over a connection of its own.
 *
 * @throws Error with the message of an error reply, and when there is no reply within 5 seconds.
 */
export function askRedis({ port, password, tls }: RedisAddress, args: readonly string[]): Promise<RedisReply> {
  const commands = password === undefined ? [args] : [['AUTH', password], args]
  return new Promise((resolve, reject) => {
    const socket = openSocket(port, tls === undefined ? {} : { tls })
    const reader = new RedisReader()
    let awaited = commands.length
    const end = (settle: () => void) => {
      clearTimeout(timer)
      settle()
      socket.destroy()
    }
    const fail = (why: string) => end(() => reject(new Error(`${args[0]} at port ${port}: ${why}`)))
    const timer = setTimeout(() => fail('no reply within 5 seconds'), TIMEOUT_MS)
    socket.on('error', ({ message }) => fail(message))
    socket.on('close', () => fail('the connection was closed'))
    socket.on('data', (chunk) => {
      for (const reply of reader.push(chunk)) {
        if (reply instanceof Error) return end(() => reject(reply))
        if (--awaited === 0) return end(() => resolve(reply))
      }
    })
    socket.write(commands.map(encodeCommand).join(''))
  })
}

/** A reply as redis-cli prints it where nobody looks: an item a line, nothing for null. */
export function replyText(reply: RedisReply): string {
  if (reply === null) return ''
  if (Array.isArray(reply)) return reply.map(replyText).join('\n')
  return reply instanceof Error ? reply.message : String(reply)
}
