import { runLimitsConformance } from '@wardline/conformance'
import { type RedisServer, redisServer } from '@wardline/test-kit'
import express from 'express'
import { Redis } from 'ioredis'
import Koa from 'koa'
import { afterAll, beforeAll } from 'vitest'
import { startWith as startExpress } from '../../express/test/service.js'
import { startWith as startKoa } from '../../koa/test/service.js'
import { redisStores } from '../src/index.js'

let server: RedisServer
let client: Redis
let made = 0

beforeAll(async () => {
  server = await redisServer()
  client = new Redis(server.url, { enableOfflineQueue: false })
  client.setMaxListeners(0) // of the many stores here
  await new Promise((resolve) => client.once('ready', resolve))
})
afterAll(async () => {
  client.disconnect()
  await server.stop()
})

/** Each with keys of its own. */
const storeFor = () => redisStores({ client, prefix: `c${made++}` }).rateLimits

runLimitsConformance('Express 5, counted in Redis', startExpress(express), storeFor)
runLimitsConformance('Koa 3, counted in Redis', startKoa(Koa), storeFor)
