import { runConformance } from '@wardline/conformance'
import express from 'express'
import express4 from 'express4'
import { startWith } from './service.js'

runConformance('Express 5', startWith(express))
runConformance('Express 4', startWith(express4))
