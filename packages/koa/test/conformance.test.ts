import { runConformance } from '@wardline/conformance'
import Koa from 'koa'
import Koa2 from 'koa2'
import { startWith } from './service.js'

runConformance('Koa 3', startWith(Koa))
runConformance('Koa 2', startWith(Koa2))
