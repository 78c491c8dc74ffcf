import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bulwark } from 'bulwark/fastify'
import { sqliteStores } from 'bulwark/sqlite'
import Fastify from 'fastify'
import { freePort, serving } from '../contender.ts'
import { accountOf, FLOOR, PASSWORD, PEOPLE } from '../login.ts'

/**
 * Accounts on SQLite, all defences on, and so many people who can sign in. Hashes cost the `floor`, or
 * what the service chooses for this machine.
 */
const password = process.argv[2] === 'floor' ? { cost: FLOOR } : {}
const stores = await sqliteStores({
  path: join(mkdtempSync(join(tmpdir(), 'bulwark-bench-')), 'store.db'),
})
const port = await freePort()
const app = Fastify()
await app.register(bulwark, {
  stores,
  mode: 'production',
  origin: `http://localhost:${port}`,
  rootKey: randomBytes(32),
  throttle: { default: false },
  account: { password },
  doctor: { accept: { 'mail.nowhere': 'nobody is written to while time is taken' } },
})
app.get('/healthz', { config: { access: { public: true } } }, async () => ({ status: 'ok' }))
const hashed = await app.bulwark.account?.passwords.hash(PASSWORD)
if (hashed?.ok !== true) throw new Error('no hash')
for (let at = 0; at < PEOPLE; at++) {
  await stores.accounts.create({
    id: crypto.randomUUID(),
    version: 1,
    email: accountOf(at),
    emailVerifiedAt: Date.now(),
    name: undefined,
    passwordHash: hashed.value,
    passwordChangedAt: Date.now(),
    role: 'user',
    disabledAt: undefined,
    deleteAfter: undefined,
    createdAt: Date.now(),
  })
}
await app.listen({ port, host: '127.0.0.1' })
const cost = JSON.stringify(app.bulwark.account?.passwords.cost)
serving({ port, told: { cost } })
