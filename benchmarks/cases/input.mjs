import { validate } from 'wardline'
import { inputFloor, queryFloor } from '../floor/input.mjs'
import { requestContext } from '../lib/context.mjs'
import { fromSocket } from '../lib/from-socket.mjs'
import { proven } from '../lib/proven.mjs'
import { row, timesFloor } from '../lib/row.mjs'
import { timed } from '../lib/timed.mjs'
import { NEW_ORDER, SAMPLE_ORDER } from '../services/orders.mjs'

export default {
  about: 'is it sound? what a request brings, parsed and validated',
  run: async ({ rounds, chosen }) => {
    const body = await timed(chosen(BODY), { rounds, inputs: repeated(() => Buffer.from(ORDER)) })
    const query = await timed(chosen(QUERY), { rounds, inputs: repeated(() => fromSocket(SEARCH)) })
    return [
      row({
        name: `order of ${ORDER.length} bytes: parsed, safe, valid`,
        unit: 'us',
        readings: body,
        goals: [timesFloor(undefined, 5)],
      }),
      row({
        name: 'query of 4 parameters: typed, valid',
        unit: 'us',
        readings: query,
        goals: [timesFloor(undefined, 5)],
      }),
    ]
  },
}

const repeated = (make) => () => Array.from({ length: 5_000 }, make)

const ORDER = JSON.stringify(SAMPLE_ORDER)
const BODIES = {
  good: [Buffer.from(ORDER)],
  bad: [
    ORDER.slice(0, -1),
    ORDER.replace('"quantity":4', '"quantity":0'),
    ORDER.replace('"note"', '"__proto__"'),
    ORDER.replace('{', '{"more":1,'),
  ].map((text) => Buffer.from(text)),
}

const BODY = {
  wardline: () => {
    const guard = validate({ body: NEW_ORDER })
    const fields = new Map([
      ['content-type', 'application/json'],
      ['content-length', String(ORDER.length)],
    ])
    const read = { ok: true, bytes: undefined }
    const ctx = requestContext({
      fields,
      body: { parsed: () => undefined, bytes: () => read, replace: () => {} }, // at once: waiting is the body's affair
    })
    const check = (bytes) => {
      read.bytes = bytes
      return guard.check(ctx)
    }
    return proven(check, BODIES)
  },
  floor: () => proven(inputFloor(NEW_ORDER).parse, BODIES),
  'ajv, @hapi/bourne': async () => {
    const [{ default: bourne }, valid] = await Promise.all([import('@hapi/bourne'), ajvCheck(NEW_ORDER)])
    const parse = (bytes) => {
      const value = bourne.parse(bytes.toString())
      return valid(value) ? value : undefined
    }
    return proven(parse, BODIES)
  },
}

const ORDERS_SEARCH = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['open', 'sent', 'paid'] },
    customer: { type: 'string', maxLength: 80 },
    limit: { type: 'integer', minimum: 1, maximum: 100 },
    offset: { type: 'integer', minimum: 0 },
  },
  required: ['status'],
  additionalProperties: false,
}
const SEARCH = 'status=open&customer=Oak+%26+Brass&limit=20&offset=40'
const SEARCHES = {
  good: [SEARCH, 'status=paid'],
  bad: [`${SEARCH}&more=1`, SEARCH.replace('open', 'lost'), SEARCH.replace('20', '2000'), SEARCH.replace('20', 'x')],
}

const QUERY = {
  wardline: () => {
    const guard = validate({ query: ORDERS_SEARCH })
    const ctx = requestContext()
    const check = (query) => {
      ctx.query = query
      return guard.check(ctx)
    }
    return proven(check, SEARCHES)
  },
  floor: () => proven(queryFloor(ORDERS_SEARCH), SEARCHES),
  'ajv, URLSearchParams': async () => {
    const valid = await ajvCheck(ORDERS_SEARCH, { coerceTypes: true })
    const parse = (query) => {
      const values = Object.fromEntries(new URLSearchParams(query))
      return valid(values) ? values : undefined
    }
    return proven(parse, SEARCHES)
  },
}

/** As most services set it up. */
async function ajvCheck(schema, options) {
  const [{ Ajv2020 }, { default: addFormats }] = await Promise.all([import('ajv/dist/2020.js'), import('ajv-formats')])
  return addFormats(new Ajv2020(options)).compile(schema)
}
