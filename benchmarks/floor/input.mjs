import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Names that change a prototype; a text without them needs no walk. */
const UNSAFE_NAME = /"(?:__proto__|constructor|\\)/
const DEADLINE_MS = 10_000

/** The body within 64 KiB and ten seconds, parsed without names that change a prototype, and validated. */
export function inputFloor(schema, maxBytes = 65_536) {
  const ajv = new Ajv2020({ ownProperties: true })
  addFormats(ajv)
  const validate = ajv.compile(schema)

  const parse = (bytes) => {
    try {
      const text = UTF8.decode(bytes)
      if (UNSAFE_NAME.test(text)) return undefined
      const value = JSON.parse(text)
      return validate(value) ? value : undefined
    } catch {
      return undefined
    }
  }

  const read = (request, done) => {
    if (request.headers['content-type'] !== 'application/json') return done(undefined)
    if (Number(request.headers['content-length']) > maxBytes) return done(undefined)
    const chunks = []
    let size = 0
    const timer = setTimeout(() => request.destroy(), DEADLINE_MS)
    request.on('data', (chunk) => {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
    })
    request.on('end', () => {
      clearTimeout(timer)
      done(size > maxBytes ? undefined : parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    })
    request.on('close', () => clearTimeout(timer))
  }
  return { parse, read, validate }
}

/** A query whose parameters are given once each: decoded, numbers made of what the schema says are numbers, validated. */
export function queryFloor(schema) {
  const validate = new Ajv2020({ ownProperties: true }).compile(schema)
  const isNumber = new Set(Object.keys(schema.properties).filter((name) => schema.properties[name].type === 'integer'))
  return (query) => {
    const values = Object.create(null)
    for (const pair of query.split('&')) {
      const equals = pair.indexOf('=')
      if (equals === -1) return undefined
      const name = pair.slice(0, equals)
      const text = pair.slice(equals + 1)
      if (name in values) return undefined
      const value = text.includes('%') || text.includes('+') ? decoded(text) : text
      values[name] = isNumber.has(name) && NUMBER.test(value) ? Number(value) : value
    }
    return validate(values) ? values : undefined
  }
}

const NUMBER = /^-?\d{1,15}$/

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
