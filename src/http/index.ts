export { quote } from './challenge.js'
export { type Problem, problemOf } from './problem.js'
export { statusOf } from './status.js'
export { type HttpDenial, toHttp } from './to-http.js'
