import assert from 'node:assert/strict'
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
let answers: number[] = []
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  arrived.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
  response.statusCode = answers.shift() ?? 204
  response.end()
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

/** Waits for the worker, which looks every second. */
async function until(done: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(10_000)
  while (!done()) {
    deadline.throwIfAborted()
    await ann.get('/healthz')
  }
}

test('an order is told to its owner’s service, signed so that the standard library believes it', async () => {
  const made = await ann.post('/api/webhooks', { url, events: ['order.created'] })
  assert.equal(made.status, 201, made.text)
  const { id, secret } = made.json
  assert.equal((await ann.get('/api/webhooks')).json[0].secret, undefined, 'shown once')
  await ann.post('/api/orders', { item: 'a bell', quantity: 1 })
  await until(() => arrived.length === 1)
  const { headers, body } = arrived[0] as Arrived
  const verified = new Webhook(secret).verify(body, headers as Record<string, string>)
  assert.equal((verified as { type: string }).type, 'order.created')
  assert.throws(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>))
  const log = (await ann.get(`/api/webhooks/${id}/deliveries`)).json
  assert.equal(log[0].outcome, 'delivered')
  assert.equal(log[0].body, undefined)

  const again = await ann.post(`/api/webhook-deliveries/${log[0].id}/replay`)
  assert.equal(again.status, 202)
  await until(() => arrived.length === 2)
  assert.equal(arrived[1]?.headers['webhook-id'], headers['webhook-id'])

  const rotated = (await ann.post(`/api/webhooks/${id}/secret`)).json.secret
  await ann.post('/api/orders', { item: 'two bells', quantity: 2 })
  await until(() => arrived.length === 3)
  const third = arrived[2] as Arrived
  new Webhook(rotated).verify(third.body, third.headers as Record<string, string>)
  new Webhook(secret).verify(third.body, third.headers as Record<string, string>)

  const bob = await at.signedIn('bob@example.com')
  assert.deepEqual((await bob.get(`/api/webhooks/${id}/deliveries`)).json, [])
  assert.equal((await bob.send('DELETE', `/api/webhooks/${id}`)).status, 404)
  answers = [410]
  await ann.post('/api/orders', { item: 'no bell', quantity: 1 })
  await until(() => arrived.length === 4)
  assert.equal((await ann.send('DELETE', `/api/webhooks/${id}`)).status, 204)
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
