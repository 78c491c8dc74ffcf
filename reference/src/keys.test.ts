import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { memoryStores } from 'bulwark/memory'
import { sqliteDatabase } from './data/database.ts'
import { service } from './service.ts'
import { settings } from './settings.ts'
import { Client } from './testing/browserless.ts'
import { freePort, PASSWORD } from './testing/running.ts'

const DAY = 86_400_000
const START = Date.UTC(2027, 0, 10, 12)
const folder = mkdtempSync(join(tmpdir(), 'bulwark-keys-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const newKey = (): string => randomBytes(32).toString('base64url')

test('a new root key signs nobody out, and the old one ends on its day', async () => {
  const port = await freePort()
  const stores = memoryStores()
  const database = sqliteDatabase(':memory:')
  let now = START
  const started = async (key: string, previous: string) => {
    const environment = {
      PORT: String(port),
      BULWARK_DATA: folder,
      BULWARK_ROOT_KEY: key,
      BULWARK_PREVIOUS_ROOT_KEYS: previous,
    }
    const parts = { stores, database, mailer: undefined, clock: () => now }
    const { app } = await service(settings(environment, folder), parts)
    await app.listen({ host: '127.0.0.1', port })
    return app
  }
  const origin = `http://localhost:${port}`
  const mailed = async (): Promise<string> => {
    for (let turn = 0; turn < 200; turn++) {
      const { json } = await new Client(origin).get('/dev/outbox')
      const token = /#token=([\w-]+)/.exec(json.at(-1)?.text ?? '')?.[1]
      if (token !== undefined) return token
    }
    throw new Error('no mail came')
  }
  const [first, second] = [newKey(), newKey()]

  let app = await started(first, '')
  const ann = new Client(origin)
  await ann.post('/auth/register', { email: 'ann@example.com', password: PASSWORD })
  await ann.post('/auth/verify-email', { token: await mailed() })
  assert.equal(
    (await ann.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })).status,
    200,
  )
  await ann.post('/api/orders', { item: 'a book', quantity: 1 })
  const tokens = new Client(origin)
  const pair = (
    await tokens.post('/auth/login', {
      email: 'ann@example.com',
      password: PASSWORD,
      transport: 'token',
    })
  ).json
  const bob = new Client(origin)
  await bob.post('/auth/register', { email: 'bob@example.com', password: PASSWORD })
  const link = await mailed()
  await app.close()

  app = await started(second, `${first} until 2027-01-20`)
  assert.equal((await ann.get('/auth/me')).status, 200, 'the session goes on')
  const order = await ann.post('/api/orders', { item: 'another', quantity: 2 })
  assert.equal(order.status, 201, 'the form of before still has a good token')
  assert.equal(
    (await bob.post('/auth/verify-email', { token: link })).status,
    204,
    'the link works',
  )
  const again = new Client(origin)
  const signedIn = await again.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
  assert.equal(signedIn.status, 200, 'the password is checked under the pepper it was hashed with')
  const refreshed = await new Client(origin).post('/auth/refresh', {
    refreshToken: pair.refreshToken,
  })
  assert.equal(refreshed.status, 200, 'the refresh token is known')
  await app.close()

  app = await started(second, '')
  assert.equal(
    (await ann.get('/auth/me')).status,
    401,
    'without the old key the session is unknown',
  )
  await app.close()

  now = START + 10 * DAY
  app = await started(newKey(), `${second} until 2027-01-20`)
  assert.equal((await again.get('/auth/me')).status, 401, 'on its day the old key is refused')
  const late = new Client(origin)
  const answer = await late.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
  assert.equal(answer.status, 200, 'what is stored under it can still be checked')
  await app.close()
  await database.close()
})
