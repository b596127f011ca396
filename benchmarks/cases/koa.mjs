import { stack } from '../lib/stack.mjs'

export default {
  about: 'Koa 3, all five rooms on, 50 connections, GET and POST, RS256 tokens of 200 callers',
  run: (bench) => stack('koa', bench, { throughput: 0.7, floor: { check: 4 } }),
}
