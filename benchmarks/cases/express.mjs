import { stack } from '../lib/stack.mjs'

/** Where they are settled as well, what is left is what the guards themselves cost. */
const settled = { 'bare (settled)': 'express-bare --settled', 'floor (settled)': 'express-floor --settled' }

const addedWhereSettled = {
  what: 'times what the floor adds, where all settle the shape',
  of: (costs) => (costs.wardline - costs['bare (settled)']) / (costs['floor (settled)'] - costs['bare (settled)']),
  check: 8,
}

export default {
  about: 'Express 5, all five rooms on, 50 connections, GET and POST, RS256 tokens of 200 callers',
  run: (bench) =>
    stack('express', bench, {
      throughput: 0.8,
      floor: { atMost: 1.2 },
      usual: { atMost: 1 / 8 },
      more: settled,
      goals: [addedWhereSettled],
    }),
}
