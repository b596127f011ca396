import { createServer } from 'node:http'
import express from 'express'
import { serve } from './child.mjs'
import { createOrder, findOrder } from './orders.mjs'
import { settledWhereAsked } from './settled.mjs'

// The routes and nothing else: what a service costs before anybody guards it.
const app = express()
settledWhereAsked(app)
app.get('/orders/:id', (req, res) => res.json(findOrder(req.params.id)))
app.post('/orders', express.json(), (req, res) => res.status(201).json(createOrder(req.body)))

serve(createServer(app))
