export { quote } from './challenge.js'
export { type Problem, problemOf } from './problem.js'
export { statusOf } from './status.js'
export { type HttpDenial, isListField, joinField, mergeHeaders, toHttp } from './to-http.js'
