export { type Environment, given, listOf, portNumber } from './environment.js'
export { type Answer, methodNotAllowed, NOT_FOUND, SERVER_ERROR } from './problems.js'
export { type Listening, serve, start } from './serve.js'
