import type { AddressInfo } from 'node:net'
import express from 'express'
import { serving } from '../contender.ts'
import { csrfToken, FIELDS, judge, login } from '../essential.ts'

/** One middleware. Express sets fields one by one, so ours are set that way too. */
const app = express()
app.disable('x-powered-by')
app.use((request, response, next) => {
  for (let at = 0; at < FIELDS.length; at += 2) {
    response.setHeader(FIELDS[at] as string, FIELDS[at + 1] as string)
  }
  const { status, rate } = judge(request)
  response.setHeader('ratelimit', rate)
  if (status === 200) next()
  else response.status(status).json({ status })
})
app.use(express.json())
app.get('/', (_request, response) => void response.json({ hello: 'world' }))
app.post('/echo', ({ body }, response) => void response.json({ got: body.item }))
app.get('/me', (request, response) => void response.json({ account: judge(request).account ?? '' }))
app.get('/csrf-token', (request, response) => {
  response.json({ csrfToken: csrfToken(request) })
})
app.get('/login', (_request, response) => {
  response.setHeader('set-cookie', login(crypto.randomUUID()))
  response.json({})
})
const server = app.listen(0, '127.0.0.1', () => {
  serving({ port: (server.address() as AddressInfo).port })
})
