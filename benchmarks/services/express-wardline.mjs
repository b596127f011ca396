import { createServer } from 'node:http'
import { createGuard } from '@wardline/express'
import express from 'express'
import { ISSUER, serve } from './child.mjs'
import { createOrder, findOrder } from './orders.mjs'
import { policies, trail } from './wardline-policies.mjs'

const { guard } = createGuard({ audit: trail })
const { everyone, readOrder, createOrder: create } = policies(ISSUER)

const app = express()
const signedIn = guard(everyone)
app.use(signedIn)
app.get('/orders/:id', signedIn.and(readOrder), (req, res) => res.json(findOrder(req.params.id)))
const creating = signedIn.and(create)
app.post('/orders', creating, (req, res) => res.status(201).json(createOrder(creating.facts(req).input.body)))

serve(createServer(app))
