import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import { freePort, serving } from '../contender.ts'
import { peer } from '../peers.ts'

interface Auth {
  readonly api: {
    getSession(of: { headers: Headers }): Promise<{ user: { id: string } } | null>
    signUpEmail(of: { body: object; asResponse: true }): Promise<Response>
  }
}

/** `getSession` in a hook, as its README has it; in memory, or in SQLite with `sqlite`. */
const port = await freePort()
const { betterAuth } = await peer<{ betterAuth(options: object): Auth }>('better-auth')
const options = {
  baseURL: `http://localhost:${port}`,
  secret: 'a secret of the bench, long enough to be taken',
  telemetry: { enabled: false },
  emailAndPassword: {
    enabled: true,
    // Nothing is measured of passwords, and sixty-four of them take a while.
    password: { hash: async (text: string) => text, verify: async () => true },
  },
  database: process.argv[2] === 'sqlite' ? sqlite() : await memory(),
}
if (process.argv[2] === 'sqlite') {
  const { getMigrations } = await peer<{
    getMigrations(of: object): Promise<{ runMigrations(): Promise<void> }>
  }>('better-auth/db/migration')
  await (await getMigrations(options)).runMigrations()
}
const auth = betterAuth(options)

function sqlite(): DatabaseSync {
  const db = new DatabaseSync(join(mkdtempSync(join(tmpdir(), 'bulwark-bench-')), 'peer.db'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  return db
}

async function memory(): Promise<unknown> {
  const { memoryAdapter } = await peer<{ memoryAdapter(db: object): unknown }>(
    'better-auth/adapters/memory',
  )
  return memoryAdapter({ user: [], session: [], account: [], verification: [] })
}

const app = Fastify()
const who = new WeakMap<object, string>()
app.addHook('onRequest', async request => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) headers.append(name, String(value))
  const session = await auth.api.getSession({ headers })
  if (session !== null) who.set(request, session.user.id)
})
app.get('/', async () => ({ hello: 'world' }))
app.get('/me', async request => ({ account: who.get(request) ?? '' }))
app.get('/login', async (_request, reply) => {
  const email = `${crypto.randomUUID()}@example.test`
  const body = { email, name: 'bench', password: 'correct horse battery' }
  const { headers } = await auth.api.signUpEmail({ body, asResponse: true })
  for (const cookie of headers.getSetCookie()) reply.header('set-cookie', cookie)
  return {}
})
await app.listen({ port, host: '127.0.0.1' })
serving({ port })
