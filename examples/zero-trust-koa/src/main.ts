import { run } from '@wardline/example-zero-trust-domain'
import { zeroTrustApp } from './app.js'

run('zero-trust-koa', (...given) => zeroTrustApp(...given).callback())
