import type { AddressInfo } from 'node:net'
import express from 'express'
import { serving } from '../contender.ts'

const app = express()
app.use(express.json())
app.get('/', (_request, response) => void response.json({ hello: 'world' }))
app.post('/echo', ({ body }, response) => void response.json({ got: body.item }))
const server = app.listen(0, '127.0.0.1', () => {
  serving({ port: (server.address() as AddressInfo).port })
})
