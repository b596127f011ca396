export type { JwtAlgorithm } from './algorithms.js'
export type { Fetch } from './fetch-json.js'
export { type JwtOptions, jwt } from './jwt.js'
