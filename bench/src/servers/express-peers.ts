import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { serving } from '../contender.ts'
import { peer } from '../peers.ts'

type Maker = { readonly default: (options?: object | string) => RequestHandler }
type Visited = Request & { readonly session: { readonly id: string; account?: string } }

interface DoubleCsrf {
  readonly doubleCsrfProtection: RequestHandler
  generateCsrfToken(request: Request, response: Response): string
}

const { default: helmet } = await peer<Maker>('helmet')
const { default: session } = await peer<Maker>('express-session')
const { default: cookies } = await peer<Maker>('cookie-parser')
const { default: limit } = await peer<Maker>('express-rate-limit')
const { doubleCsrf } = await peer<{ doubleCsrf(options: object): DoubleCsrf }>('csrf-csrf')

const secret = randomBytes(32).toString('hex')
const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
  getSecret: () => secret,
  getSessionIdentifier: ({ session: { id } }: Visited) => id,
  cookieName: 'x-csrf',
  cookieOptions: { secure: false },
})

/** The usual middleware, each as its README sets it up, with a session in memory. */
const app = express()
app.use(helmet())
app.use(limit({ windowMs: 60_000, limit: 1_000_000_000 }))
app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { secure: false } }))
app.use(cookies())
app.use(express.json())
app.use(doubleCsrfProtection)
app.get('/', (_request, response) => void response.json({ hello: 'world' }))
app.post('/echo', ({ body }, response) => void response.json({ got: body.item }))
app.get('/me', (request, response) => {
  response.json({ account: (request as Visited).session.account ?? '' })
})
app.get('/csrf-token', (request, response) => {
  response.json({ csrfToken: generateCsrfToken(request, response) })
})
app.get('/login', (request, response) => {
  const { session } = request as Visited
  session.account = crypto.randomUUID()
  response.json({})
})
const server = app.listen(0, '127.0.0.1', () => {
  serving({ port: (server.address() as AddressInfo).port })
})
