import { createServer } from 'node:http'
import express from 'express'
import { frontDoor } from '../floor/front-door.mjs'
import { AUDIT_LOG, ISSUER, serve } from './child.mjs'
import { createOrder, findOrder } from './orders.mjs'
import { settledWhereAsked } from './settled.mjs'

const door = await frontDoor({ issuer: ISSUER, auditLog: AUDIT_LOG })

const app = express()
settledWhereAsked(app)
app.use((req, res, next) =>
  door(req, res, (body) => {
    req.body = body
    next()
  }),
)
app.get('/orders/:id', (req, res) => res.json(findOrder(req.params.id)))
app.post('/orders', (req, res) => res.status(201).json(createOrder(req.body)))

serve(createServer(app))
