import { bulwark } from 'bulwark/fastify'
import Fastify from 'fastify'
import { freePort, serving } from '../contender.ts'
import { defences, login } from '../protected.ts'

const port = await freePort()
const app = Fastify()
await app.register(bulwark, { bulwark: await defences(port) })
const open = { config: { access: { public: true } } } as const
const limited = { config: { ...open.config, throttle: 'once' } } as const
app.get('/', open, async () => ({ hello: 'world' }))
app.post('/echo', open, async request => ({ got: (request.body as { item: string }).item }))
app.get('/me', open, async ({ principal }) => ({ account: principal?.accountId ?? '' }))
if (app.bulwark.throttle !== undefined) app.get('/limited', limited, async () => ({}))
app.get('/login', open, async (_request, reply) => {
  reply.header('set-cookie', await login(app.bulwark))
  return {}
})
await app.listen({ port, host: '127.0.0.1' })
serving({ port })
