import wardline = require('wardline')
import express = require('@wardline/express')
import koa = require('@wardline/koa')
import redis = require('@wardline/redis')
import http = require('wardline/http')

const policy = wardline.all(wardline.wellFormed(), wardline.rateLimit({ limit: 1, windowMs: 1000 }))
const { status } = http.toHttp(wardline.forbid('no'))
console.log(typeof express.guard(policy).facts, status, koa.guard(policy).name, typeof redis.redisStores)
