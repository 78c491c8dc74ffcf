import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { attacked, type Example, startExample } from './examples.test.kit.ts'

const FOLDER = join(import.meta.dirname, '../../../examples')
const SOURCE = ['--conditions=bulwark:source']

async function started(name: string): Promise<Example> {
  const example = await startExample(join(FOLDER, name), SOURCE)
  after(() => example.stop())
  return example
}

for (const name of ['fastify', 'express', 'hono', 'node-http']) {
  test(`${name}: starts, serves two people, and withstands strangers`, async () => {
    await attacked(await started(name))
  })
}

test('two-origins: the app’s origin is let in, its sibling is not', async () => {
  const at = await started('two-origins')
  await attacked(at)
  const ann = await at.signedIn('cid@example.com')
  const from = (origin: string) => ({ origin, 'sec-fetch-site': 'same-site' })
  const spa = from('http://localhost:5173')
  const asked = await ann.send('OPTIONS', '/orders', undefined, spa)
  assert.equal(asked.status, 204)
  assert.equal(asked.headers.get('access-control-allow-origin'), 'http://localhost:5173')
  const made = await ann.send('POST', '/orders', { item: 'tea' }, spa)
  assert.equal(made.status, 201, made.text)
  assert.equal(made.headers.get('access-control-allow-credentials'), 'true')
  const sibling = from('http://localhost:6666')
  assert.equal((await ann.send('POST', '/orders', { item: 'x' }, sibling)).status, 403)
  const read = await ann.send('GET', '/orders', undefined, sibling)
  assert.equal(read.headers.get('access-control-allow-origin'), null)
})

test('tokens: signs in without cookies, renews, and a spent token ends them all', async () => {
  const at = await started('tokens')
  await at.signedIn('ann@example.com')
  const app = at.client()
  const signIn = { email: 'ann@example.com', password: 'four unlikely words here' }
  const first = await app.post('/auth/login', { ...signIn, transport: 'token' })
  assert.equal(first.status, 200, first.text)
  assert.equal(first.headers.getSetCookie().filter(text => text.includes('session')).length, 0)
  const orders = async (accessToken: string) => {
    const headers = { authorization: `Bearer ${accessToken}` }
    return (await at.client().send('GET', '/orders', undefined, headers)).status
  }
  assert.equal(await orders(first.json.accessToken), 200)
  assert.equal(await orders(first.json.refreshToken), 401)
  const { refreshToken } = first.json
  const second = await at.client().post('/auth/refresh', { refreshToken })
  assert.equal(second.status, 200, second.text)
  assert.equal(await orders(second.json.accessToken), 200)
  assert.equal((await at.client().post('/auth/refresh', { refreshToken })).status, 401)
  assert.equal(await orders(second.json.accessToken), 401)
})

test('existing-users: who was there before signs in with the password they had', async () => {
  const at = await started('existing-users')
  const ann = at.client()
  assert.equal((await ann.get('/profile')).status, 401)
  const signIn = (password: string) =>
    ann.post('/auth/login', { email: 'ann@example.com', password })
  assert.equal((await signIn('u*u')).status, 401)
  assert.equal((await signIn('U*U')).status, 200)
  assert.deepEqual((await ann.get('/profile')).json, { nickname: 'annie' })
})

test('every example is in the list, and what they share is the same', () => {
  const folders = readdirSync(FOLDER).filter(name => existsSync(join(FOLDER, name, 'service.ts')))
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  for (const name of folders) assert.ok(readme.includes(`[${name}](${name}/service.ts)`), name)
  for (const shared of ['orders.ts', 'mails.ts']) {
    const texts = folders
      .map(name => join(FOLDER, name, shared))
      .filter(path => existsSync(path))
      .map(path => readFileSync(path, 'utf8'))
    assert.equal(new Set(texts).size, 1, shared)
  }
})
