import { bulwark, protect } from 'bulwark/express'
import express from 'express'
import { freePort, serving } from '../contender.ts'
import { defences, login } from '../protected.ts'

const port = await freePort()
const house = await defences(port)
const open = protect({ access: { public: true } })
const limited = protect({ access: { public: true }, throttle: 'once' })
const app = express()
app.use(bulwark({ bulwark: house }))
app.get('/', open, (_request, response) => void response.json({ hello: 'world' }))
app.post('/echo', open, ({ body }, response) => void response.json({ got: body.item }))
app.get('/me', open, ({ principal }, response) => {
  response.json({ account: principal?.accountId ?? '' })
})
app.get('/limited', limited, (_request, response) => void response.json({}))
app.get('/login', open, async (_request, response) => {
  response.setHeader('set-cookie', await login(house))
  response.json({})
})
app.listen(port, '127.0.0.1', () => serving({ port }))
