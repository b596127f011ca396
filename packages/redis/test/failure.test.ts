import { expect, test } from 'vitest'
import { failureOf } from '../src/failure.js'

const error = (message: string, code?: unknown): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code })

test.each<[message: string, code: string]>([
  ["OOM command not allowed when used memory > 'maxmemory'. script: 0ab, on @user_script:3.", 'OOM'],
  // Redis 6.2
  [
    "ERR Error running script (call to f_0ab): @user_script:3: -OOM command not allowed when used memory > 'maxmemory'.",
    'OOM',
  ],
  [
    "ERR Error running script (call to f_0ab): @user_script:3: -READONLY You can't write against a read only replica.",
    'READONLY',
  ],
  ['ERR Error running script (call to f_0ab): @user_script:3: attempt to index a nil value', 'ERR'],
  ["READONLY You can't write against a read only replica.", 'READONLY'],
  ['MISCONF Redis is configured to save RDB snapshots', 'MISCONF'],
  ['NOAUTH Authentication required.', 'NOAUTH'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
  ["NOPERM User alice has no permissions to run the 'evalsha' command", 'NOPERM'],
  ['NOREPLICAS Not enough good replicas to write.', 'NOREPLICAS'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'WRONGTYPE'],
  ["CROSSSLOT Keys in request don't hash to the same slot", 'CROSSSLOT'],
  ['NOSCRIPT No matching script.', 'NOSCRIPT'],
  ['EXECABORT', 'EXECABORT'],
])('%s: Redis is there, and refuses', (message, code) => {
  expect(failureOf(error(message))).toEqual({ code, passes: false, isAnswer: true })
})

test.each<[message: string, code: string]>([
  ['LOADING Redis is loading the dataset in memory', 'LOADING'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'BUSY'],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'MASTERDOWN'],
  ['CLUSTERDOWN The cluster is down', 'CLUSTERDOWN'],
  ['MOVED 3999 10.0.0.7:6381', 'MOVED'],
  ['ASK 3999 10.0.0.7:6381', 'ASK'],
])('%s: it serves nobody yet', (message, code) => {
  expect(failureOf(error(message))).toEqual({ code, passes: true, isAnswer: false })
})

test('TRYAGAIN is of some keys alone', () => {
  const failure = failureOf(error('TRYAGAIN Multiple keys request during rehashing of slot'))
  expect(failure).toEqual({ code: 'TRYAGAIN', passes: true, isAnswer: true })
})

test.each<[what: string, error: unknown, code: string]>([
  ['a system that refuses', error('connect ECONNREFUSED 10.0.0.7:6379', 'ECONNREFUSED'), 'ECONNREFUSED'],
  ['a code that is a text', error('getaddrinfo redis.internal', 'redis.internal is not known'), 'disconnected'],
  ['a code that is a number', error('no', 7), 'disconnected'],
  ['a closed connection', error('Connection is closed.'), 'disconnected'],
  ['a client that is not connected', error('The client is offline'), 'disconnected'],
  [
    'a client that has no room',
    error("Stream isn't writeable and enableOfflineQueue options is false"),
    'disconnected',
  ],
  ['a text', 'OOM', 'disconnected'],
  ['nothing', undefined, 'disconnected'],
  ['null', null, 'disconnected'],
])('%s is no connection, which passes', (_what, thrown, code) => {
  expect(failureOf(thrown)).toEqual({ code, passes: true, isAnswer: false })
})
