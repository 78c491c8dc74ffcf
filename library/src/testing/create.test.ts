import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ROOT, run } from '../package.test.kit.ts'
import { startExample } from './examples.test.kit.ts'

const SOURCE = '--conditions=bulwark:source'
const CREATE = join(ROOT, 'create-bulwark/create.mjs')

// Inside the repository, where node finds what the service stands on.
const cache = join(ROOT, 'library/.cache')
mkdirSync(cache, { recursive: true })
const shelf = mkdtempSync(join(cache, 'create-'))
const home = join(shelf, 'My Service')
after(() => rmSync(shelf, { recursive: true, force: true }))

test('one command makes a service with a key of its own, and never a second one over it', async () => {
  const made = await run(process.execPath, [CREATE, home], shelf)
  assert.equal(made.status, 0, made.out)
  assert.equal(JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).name, 'my-service')
  const env = join(home, '.env')
  assert.match(readFileSync(env, 'utf8'), /^BULWARK_ROOT_KEY=[\w-]{43}\n$/)
  if (process.platform !== 'win32') assert.equal(statSync(env).mode & 0o777, 0o600)
  assert.match(readFileSync(join(home, '.gitignore'), 'utf8'), /^\.env$/m)
  const again = await run(process.execPath, [CREATE, home], shelf)
  assert.equal(again.status, 2)
  assert.match(again.out, /is not empty/)
  assert.equal((await run(process.execPath, [CREATE], shelf)).status, 2)
})

test('its own test passes: two people walk its routes', async () => {
  // A runner inside a runner would otherwise pass without running anything.
  const environment = { NODE_TEST_CONTEXT: undefined }
  const flags = [SOURCE, '--test', 'src/service.test.ts']
  const { status, out } = await run(process.execPath, flags, home, environment)
  assert.equal(status, 0, out)
  assert.match(out, /pass 1/)
})

test('it runs, remembers people over a restart, and shuts strangers out', async () => {
  const flags = [SOURCE, '--env-file=.env']
  const first = await startExample(home, flags, 'src/main.ts')
  const ann = await first.signedIn('ann@example.com')
  assert.equal((await ann.post('/notes', { text: 'tea' })).status, 201)
  assert.equal((await first.client().get('/notes')).status, 401)
  await first.stop()
  const second = await startExample(home, flags, 'src/main.ts')
  const again = second.client()
  const signIn = { email: 'ann@example.com', password: 'four unlikely words here' }
  assert.equal((await again.post('/auth/login', signIn)).status, 200)
  assert.equal((await again.get('/notes')).json.length, 1)
  await second.stop()
})
