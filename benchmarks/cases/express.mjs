import { stack } from '../lib/stack.mjs'

export default {
  about: 'Express 5, all five rooms on, 50 connections, GET and POST, RS256 tokens of 200 callers',
  run: (bench) => stack('express', bench, { throughput: 0.8, floor: { atMost: 1.2 }, usual: { atMost: 1 / 8 } }),
}
