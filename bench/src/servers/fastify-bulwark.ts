import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bulwark } from 'bulwark/fastify'
import { memoryStores } from 'bulwark/memory'
import { sqliteStores } from 'bulwark/sqlite'
import Fastify from 'fastify'
import { freePort, serving } from '../contender.ts'

/** All request-level defences on; the store is the first argument: `memory` or `sqlite`. */
const stores =
  process.argv[2] === 'sqlite'
    ? await sqliteStores({ path: join(mkdtempSync(join(tmpdir(), 'bulwark-bench-')), 'store.db') })
    : memoryStores()

const port = await freePort()
const app = Fastify()
await app.register(bulwark, {
  stores,
  mode: 'production',
  origin: `http://localhost:${port}`,
  rootKey: randomBytes(32),
  throttle: { default: { by: 'address', limit: 1_000_000_000, windowSeconds: 60 } },
  doctor: {
    accept: {
      'store.memory': 'one of the stores that are measured',
      'audit.in-memory': 'one of the stores that are measured',
    },
  },
})
const open = { config: { access: { public: true } } } as const
app.get('/', open, async () => ({ hello: 'world' }))
app.post('/echo', open, async request => ({ got: (request.body as { item: string }).item }))
await app.listen({ port, host: '127.0.0.1' })

const { sessions } = app.bulwark
const issued = await sessions?.start(
  { id: crypto.randomUUID(), role: 'user' },
  { factors: [{ factor: 'pwd', at: Date.now() }], address: '127.0.0.1', device: 'bench' },
)
const cookie = issued?.cookie.split(';')[0] ?? ''
const answer = await app.inject({
  url: '/csrf-token',
  headers: { cookie, host: `localhost:${port}` },
})
const { csrfToken } = answer.json() as { csrfToken: string }
serving({
  port,
  told: { cookie, csrfToken },
})
