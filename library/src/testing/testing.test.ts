import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { bulwark } from '../adapters/fastify/fastify.ts'
import { refuse } from '../adapters/refused.ts'
import type { Bulwark } from '../bulwark.ts'
import { type TestKit, testKit } from './testing.ts'

interface Order {
  readonly id: string
  readonly owner: string
  note: string
}

/** A small service that asks whose an order is, or forgets to, route by route. */
async function shop(defences: Bulwark, forgets: 'nothing' | string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(bulwark, { bulwark: defences })
  const orders = new Map<string, Order>()
  const config = { access: { signedIn: true } } as const
  const notFound = { code: 'access.not_found', says: 'access.not_found', status: 404 }
  const found = (route: string, id: string, accountId: string | undefined): Order => {
    const order = orders.get(id)
    if (order === undefined) return refuse(notFound)
    if (order.owner === accountId || forgets === route) return order
    return forgets === `${route} with 403` ? refuse({ ...notFound, status: 403 }) : refuse(notFound)
  }
  app.get('/orders', { config }, async ({ principal }) =>
    [...orders.values()].filter(({ owner }) => owner === principal?.accountId),
  )
  app.post<{ Body: { note: string } }>(
    '/orders',
    { config },
    async ({ principal, body }, reply) => {
      const order = { id: crypto.randomUUID(), owner: principal?.accountId ?? '', note: body.note }
      orders.set(order.id, order)
      return reply.code(201).send(order)
    },
  )
  app.get<{ Params: { id: string } }>('/orders/:id', { config }, async ({ params, principal }) =>
    found('get', params.id, principal?.accountId),
  )
  app.patch<{ Params: { id: string }; Body: { note: string } }>(
    '/orders/:id',
    { config },
    async ({ params, principal, body }) => {
      const order = found('patch', params.id, principal?.accountId)
      order.note = body.note
      return order
    },
  )
  app.delete<{ Params: { id: string } }>(
    '/orders/:id',
    { config },
    async ({ params, principal }, reply) => {
      orders.delete(found('delete', params.id, principal?.accountId).id)
      return reply.code(204).send()
    },
  )
  app.get<{ Params: { id: string } }>(
    '/orders/:id/lines',
    { config },
    async ({ params, principal }) => {
      const { id } = found('lines', params.id, principal?.accountId)
      return [{ id: `${id.slice(0, 8)}-1` }]
    },
  )
  app.get<{ Params: { id: string; line: string } }>(
    '/orders/:id/lines/:line',
    { config },
    async ({ params, principal }) => {
      found('line', params.id, principal?.accountId)
      return { id: params.line }
    },
  )
  after(() => app.close())
  return app
}

async function running(forgets = 'nothing'): Promise<{ kit: TestKit; at: string }> {
  const kit = await testKit({ throttle: false })
  const app = await shop(kit.bulwark, forgets)
  return { kit, at: await app.listen({ port: 0, host: '127.0.0.1' }) }
}

const HOW = {
  make: { 'POST /orders': { note: 'tea' } },
  bodies: { 'PATCH /orders/:id': { note: 'mine now' } },
} as const

test('two accounts walk every route there is, and a stranger meets 404 only', async () => {
  const { kit, at } = await running()
  const { walked, leaks, unproven } = await kit.walk(at, HOW)
  assert.deepEqual(leaks, [])
  assert.deepEqual(unproven, [])
  for (const own of ['GET', 'PATCH', 'DELETE']) assert.ok(walked.includes(`${own} /orders/:id`))
  assert.ok(walked.includes('GET /orders/:id/lines/:line'))
  for (const ours of ['sessions', 'passkeys']) {
    assert.ok(walked.includes(`DELETE /auth/${ours}/:id`), ours)
  }
})

for (const [forgets, leak] of [
  ['get', 'GET /orders/:id: a stranger got 200'],
  ['get with 403', 'GET /orders/:id: a stranger got 403'],
  ['patch', "PATCH /orders/:id: the owner's row is another after a stranger asked"],
  ['delete', 'DELETE /orders/:id: a stranger got 204'],
  ['line', 'GET /orders/:id/lines/:line: a stranger got 200'],
] as const) {
  test(`finds the route that forgot whose row it is: ${forgets}`, async () => {
    const { kit, at } = await running(forgets)
    const { leaks } = await kit.walk(at, HOW)
    assert.ok(leaks.includes(leak), leaks.join('\n'))
  })
}

test('a route that was not reached is told, not passed over', async () => {
  const { kit, at } = await running()
  const { unproven } = await kit.walk(at)
  assert.ok(
    unproven.some(text => text.startsWith('GET /orders/:id: no id')),
    unproven.join('\n'),
  )
})

test('somebody is signed in until the clock is turned', async () => {
  const { kit, at } = await running()
  const ann = await kit.signedIn(at, 'ann@example.com')
  const { user } = (await ann.get('/auth/me')).json
  assert.equal(user.id, ann.accountId)
  assert.equal((await ann.get('/orders')).status, 200)
  kit.clock.advance(31 * 60_000)
  assert.equal((await ann.get('/orders')).status, 401)
  assert.equal((await kit.client(at).get('/orders')).status, 401)
})

test('a mail can be read when it was sent, and its link once', async () => {
  const { kit, at } = await running()
  const ann = await kit.signedIn(at, 'ann@example.com')
  await ann.post('/auth/forgot-password', { email: ann.email })
  const token = await kit.mailbox.takeToken(ann.email)
  const password = 'quite other words this time'
  const reset = () => kit.client(at).post('/auth/reset-password', { token, password })
  assert.equal((await reset()).status, 204)
  assert.notEqual((await reset()).status, 204)
  await assert.rejects(kit.mailbox.take('nobody@example.com', 1), /no mail to nobody/)
})

test('a passkey is made and signs in; forged, elsewhere made or unverified it does not', async () => {
  const { kit, at } = await running()
  const ann = await kit.signedIn(at, 'ann@example.com')
  const passkey = kit.authenticator()
  const asked = (await ann.post('/auth/passkeys/register/options')).json
  const added = await ann.post('/auth/passkeys/register/verify', passkey.create(asked))
  assert.equal(added.status, 201, added.text)

  const signIn = async (twist = {}) => {
    const browser = kit.client(at)
    const { json: options } = await browser.post('/auth/passkeys/login/options', {})
    return browser.post('/auth/passkeys/login/verify', passkey.get(options, twist))
  }
  const signed = await signIn()
  assert.equal(signed.status, 200, signed.text)
  assert.equal(signed.json.user.id, ann.accountId)
  for (const twist of [
    { forged: true },
    { origin: 'https://evil.example' },
    { userVerified: false },
    { rpId: 'evil.example' },
    { challenge: 'bm90IHlvdXJz' },
    { counter: 1 },
  ]) {
    assert.equal((await signIn(twist)).status, 401, JSON.stringify(twist))
  }
})

test('a client without the CSRF token is refused', async () => {
  const { kit, at } = await running()
  const ann = await kit.signedIn(at, 'ann@example.com')
  const answer = await fetch(`${at}/orders`, {
    method: 'POST',
    headers: { cookie: ann.cookies, 'content-type': 'application/json' },
    body: '{"note":"forged"}',
  })
  assert.equal(answer.status, 403)
})
