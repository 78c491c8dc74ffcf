import Fastify from 'fastify'
import { serving } from '../contender.ts'

const app = Fastify()
app.get('/', async () => ({ hello: 'world' }))
app.post('/echo', async request => ({ got: (request.body as { item: string }).item }))
await app.listen({ port: 0, host: '127.0.0.1' })
serving({ port: (app.server.address() as { port: number }).port })
