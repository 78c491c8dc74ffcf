import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { after, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { freePort, running } from '../testing/running.ts'

interface Arrived {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const port = await freePort()
const arrived: Arrived[] = []
const bell = new EventEmitter()
let answers: number[] = []
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  arrived.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
  response.statusCode = answers.shift() ?? 204
  response.end()
  bell.emit('arrived')
})
await new Promise<void>(ready => receiver.listen(port, '127.0.0.1', ready))

const at = await running('sqlite', {
  BULWARK_OUTBOUND_ALLOW: '127.0.0.1/32',
  BULWARK_OUTBOUND_PORTS: String(port),
})
const strict = await running('memory')
after(async () => {
  await at.stop()
  await strict.stop()
  receiver.close()
})
const ann = await at.signedIn('ann@example.com')
const url = `http://127.0.0.1:${port}/hook`

/** Waits until so many have come; the worker looks every second. */
async function arrivals(count: number): Promise<void> {
  const signal = AbortSignal.timeout(10_000)
  while (arrived.length < count) await once(bell, 'arrived', { signal })
}

test('an order is told to its owner’s service, signed so that the standard library believes it', async () => {
  const made = await ann.post('/api/webhooks', { url, events: ['order.created'] })
  assert.equal(made.status, 201, made.text)
  const { id, secret } = made.json
  assert.equal((await ann.get('/api/webhooks')).json[0].secret, undefined, 'shown once')
  await ann.post('/api/orders', { item: 'a bell', quantity: 1 })
  await arrivals(1)
  const { headers, body } = arrived[0] as Arrived
  const verified = new Webhook(secret).verify(body, headers as Record<string, string>)
  assert.equal((verified as { type: string }).type, 'order.created')
  assert.throws(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>))
  // The receiver has its answer a moment before we have written that down.
  let log = (await ann.get(`/api/webhooks/${id}/deliveries`)).json
  while (log.length === 0) log = (await ann.get(`/api/webhooks/${id}/deliveries`)).json
  assert.equal(log[0].outcome, 'delivered')
  assert.equal(log[0].body, undefined)

  const again = await ann.post(`/api/webhook-deliveries/${log[0].id}/replay`)
  assert.equal(again.status, 202)
  await arrivals(2)
  assert.equal(arrived[1]?.headers['webhook-id'], headers['webhook-id'])

  const rotated = (await ann.post(`/api/webhooks/${id}/secret`)).json.secret
  await ann.post('/api/orders', { item: 'two bells', quantity: 2 })
  await arrivals(3)
  const third = arrived[2] as Arrived
  new Webhook(rotated).verify(third.body, third.headers as Record<string, string>)
  new Webhook(secret).verify(third.body, third.headers as Record<string, string>)

  const bob = await at.signedIn('bob@example.com')
  assert.deepEqual((await bob.get(`/api/webhooks/${id}/deliveries`)).json, [])
  assert.equal((await bob.send('DELETE', `/api/webhooks/${id}`)).status, 404)
  answers = [410]
  await ann.post('/api/orders', { item: 'no bell', quantity: 1 })
  await arrivals(4)
  assert.equal((await ann.send('DELETE', `/api/webhooks/${id}`)).status, 204)
})

test('what is done on a page or with a file is told like what is done by the interface', async () => {
  const before = arrived.length
  const { id } = (await ann.post('/api/webhooks', { url, events: [] })).json
  const { csrfToken } = (await ann.get('/csrf-token')).json
  const page = new URLSearchParams({ _csrf: csrfToken, item: 'a bell', quantity: '1' })
  const ordered = await ann.send('POST', '/orders', page.toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  })
  assert.equal(ordered.status, 303, ordered.text)
  const [order] = (await ann.get('/api/orders')).json
  await ann.send('PATCH', `/api/orders/${order.id}`, { quantity: 3 })
  await ann.send('DELETE', `/api/orders/${order.id}`)
  for (const path of ['/api/files', '/files']) {
    const form = new FormData()
    form.set('_csrf', csrfToken)
    form.set('file', new File(['words'], 'words.txt', { type: 'text/plain' }))
    const headers = { cookie: ann.cookies, 'x-csrf-token': csrfToken }
    const sent = await fetch(at.origin + path, {
      method: 'POST',
      headers,
      body: form,
      redirect: 'manual',
    })
    assert.ok(sent.status === 201 || sent.status === 303, `${path} ${sent.status}`)
  }
  await arrivals(before + 5)
  const told = arrived.slice(before).map(({ body }) => JSON.parse(body))
  assert.deepEqual(told.map(({ type }) => type).sort(), [
    'file.stored',
    'file.stored',
    'order.changed',
    'order.created',
    'order.removed',
  ])
  assert.ok(told.every(({ type, data }) => type === 'file.stored' || data.id === order.id))
  await ann.send('DELETE', `/api/webhooks/${id}`)
})

test('a test request tells status and time, and nothing else', async () => {
  answers = [418]
  const { status, json } = await ann.post('/api/webhooks/test', { url })
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(json), ['statusCode', 'durationMs'])
  assert.equal(json.statusCode, 418)
})

test('an address inside is refused without a word about the network', async () => {
  const person = await strict.signedIn('eve@example.com')
  for (const inside of [
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://2130706433/',
    'http://localhost/',
    'http://10.0.0.1:22/',
    'file:///etc/passwd',
    'http://user:pass@example.com/',
  ]) {
    const answer = await person.post('/api/webhooks/test', { url: inside })
    assert.equal(answer.status, 422, inside)
    assert.equal(answer.json.code, 'outbound.refused')
    assert.doesNotMatch(answer.text, /127|169|local|private|loopback|address/i)
    assert.equal((await person.post('/api/webhooks', { url: inside, events: [] })).status, 422)
  }
})
