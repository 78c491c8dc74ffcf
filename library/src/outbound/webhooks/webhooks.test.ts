import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { verifyWebhook } from './signature.ts'
import { type Answer, type World, world } from './world.test.kit.ts'

const DAY_MS = 86_400_000
let open: World | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

async function on(answer?: Answer, firstByteMs?: number): Promise<World> {
  open = await world(answer, firstByteMs)
  return open
}

async function added(at: World, path = '/', events: readonly string[] = []) {
  const outcome = await at.hooks.add('ann', { url: at.url(path), events })
  assert.ok(outcome.ok)
  return outcome.value
}

/** Turns the clock to when the next attempt is due, and makes it. */
async function nextAttempt(at: World): Promise<void> {
  const { oldestRunAt = 0 } = await at.jobs.backlog('webhook')
  at.clock.set(Math.max(at.clock(), oldestRunAt))
  await at.hooks.runOnce()
}

const answering =
  (...statuses: readonly number[]): Answer =>
  (_, response) => {
    const status = statuses[answered++] ?? 204
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('words')
  }
let answered = 0
test.beforeEach(() => {
  answered = 0
})

test('only who asked for an event is told of it, and nobody of another account’s', async () => {
  const at = await on()
  await added(at, '/all')
  await added(at, '/created', ['order.created'])
  await added(at, '/removed', ['order.removed'])
  await at.hooks.add('bob', { url: at.url('/bob'), events: [] })
  await at.hooks.publish('ann', 'order.created', { id: 1 })
  assert.equal(await at.hooks.runOnce(), 2)
  assert.deepEqual(at.arrived.map(({ path }) => path).sort(), ['/all', '/created'])
  assert.deepEqual(JSON.parse(at.arrived[0]?.body ?? ''), {
    type: 'order.created',
    timestamp: new Date(at.clock()).toISOString(),
    data: { id: 1 },
  })
})

test('a failure is tried again after pauses that grow, each a little off, and given up after three days', async () => {
  const at = await on(
    answering(...Array.from({ length: 20 }, (_, i) => [500, 302, 404, 429][i % 4] ?? 0)),
  )
  await added(at)
  const began = at.clock()
  await at.hooks.publish('ann', 'order.created', {})
  const pauses: number[] = []
  await at.hooks.runOnce()
  for (;;) {
    const before = at.clock()
    const { waiting } = await at.jobs.backlog('webhook')
    if (waiting === 0) break
    await nextAttempt(at)
    pauses.push(at.clock() - before)
  }
  assert.equal(at.arrived.length, 10)
  assert.equal(new Set(at.arrived.map(({ headers }) => headers['webhook-id'])).size, 1)
  const wanted = [5, 60, 300, 1800, 7200, 18_000, 36_000, 72_000, 86_400]
  for (const [i, pause] of pauses.entries()) {
    const share = pause / ((wanted[i] ?? 0) * 1000)
    assert.ok(share >= 0.8 && share <= 1.2, `pause ${i} is ${pause} ms`)
  }
  assert.ok(at.clock() - began > 2 * DAY_MS && at.clock() - began < 4 * DAY_MS)
  assert.equal(at.registry.log_.at(-1)?.outcome, 'given-up')
  assert.deepEqual(
    at.registry.log_.map(({ attempt }) => attempt),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
})

test('an endpoint at which five messages in a row were given up is disabled, told in the audit, and switched on by hand', async () => {
  const at = await on((_, response) => response.writeHead(500).end())
  const { endpoint } = await added(at)
  for (let i = 0; i < 5; i++) await at.hooks.publish('ann', 'order.created', { i })
  while ((await at.jobs.backlog('webhook')).waiting > 0) await nextAttempt(at)
  const [disabled] = await at.hooks.list('ann')
  assert.equal(disabled?.failures, 5)
  assert.notEqual(disabled?.disabledAt, undefined)
  const exhausted = at.recorded.filter(({ code }) => code === 'webhook.exhausted')
  assert.equal(exhausted.length, 5)
  assert.equal(exhausted.filter(({ detail }) => detail?.['disabled'] === true).length, 1)

  const before = at.arrived.length
  await at.hooks.publish('ann', 'order.created', {})
  await at.hooks.runOnce()
  assert.equal(at.arrived.length, before, 'nothing is sent to it')
  assert.ok((await at.hooks.enable('ann', endpoint.id)).ok)
  await at.hooks.publish('ann', 'order.created', {})
  await at.hooks.runOnce()
  assert.equal(at.arrived.length, before + 1)
})

test('a success in between starts the counting anew', async () => {
  const at = await on(answering(...Array(10).fill(500), 204))
  await added(at)
  await at.hooks.publish('ann', 'order.created', {})
  while ((await at.jobs.backlog('webhook')).waiting > 0) await nextAttempt(at)
  assert.equal((await at.hooks.list('ann'))[0]?.failures, 1)
  await at.hooks.publish('ann', 'order.created', {})
  await at.hooks.runOnce()
  assert.equal((await at.hooks.list('ann'))[0]?.failures, 0)
})

test('who answers 410 is not asked again', async () => {
  const at = await on(answering(410))
  await added(at)
  await at.hooks.publish('ann', 'order.created', {})
  await at.hooks.runOnce()
  assert.equal((await at.jobs.backlog('webhook')).waiting, 0)
  assert.notEqual((await at.hooks.list('ann'))[0]?.disabledAt, undefined)
})

test('what waits when an endpoint is disabled or removed is not sent, and the log says so', async () => {
  const at = await on(answering(410))
  const { endpoint } = await added(at)
  await at.hooks.publish('ann', 'order.created', { n: 1 })
  await at.hooks.runOnce()
  await at.hooks.enable('ann', endpoint.id)
  await at.hooks.publish('ann', 'order.created', { n: 2 })
  await at.registry.change(endpoint.id, { disabledAt: at.clock() })
  await at.hooks.runOnce()
  assert.equal(at.registry.log_.at(-1)?.outcome, 'given-up')
  await at.hooks.enable('ann', endpoint.id)
  await at.hooks.publish('ann', 'order.created', { n: 3 })
  assert.ok((await at.hooks.remove('ann', endpoint.id)).ok)
  await at.hooks.runOnce()
  assert.equal((await at.jobs.backlog('webhook')).waiting, 0)
  assert.equal(at.arrived.length, 1)
})

test('for a day after a rotation both secrets sign, then only the new one', async () => {
  const at = await on()
  const { endpoint, secret } = await added(at)
  const rotated = await at.hooks.rotate('ann', endpoint.id)
  assert.ok(rotated.ok)
  const believes = (one: string): boolean => {
    const { headers, body } = at.arrived.at(-1) ?? assert.fail()
    return verifyWebhook([one], name => headers[name]?.toString(), body, at.clock())
  }
  await at.hooks.publish('ann', 'order.created', {})
  await at.hooks.runOnce()
  assert.deepEqual([believes(secret), believes(rotated.value)], [true, true])
  at.clock.advance(DAY_MS)
  await at.hooks.publish('ann', 'order.created', {})
  await at.hooks.runOnce()
  assert.deepEqual([believes(secret), believes(rotated.value)], [false, true])
})

test('of rotations at the same moment each one’s secret was the first for a while, and the last two sign', async () => {
  const at = await on()
  const { endpoint } = await added(at)
  const outcomes = await Promise.all([1, 2, 3].map(() => at.hooks.rotate('ann', endpoint.id)))
  const secrets = outcomes.flatMap(outcome => (outcome.ok ? [outcome.value] : []))
  assert.equal(secrets.length, 3)
  const [now] = await at.hooks.list('ann')
  assert.equal(now?.secrets.filter(one => secrets.includes(one)).length, 2)
})

test('of a hundred additions at once twenty succeed', async () => {
  const at = await on()
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => at.hooks.add('ann', { url: at.url(), events: [] })),
  )
  assert.equal(outcomes.filter(({ ok }) => ok).length, 20)
  assert.equal(
    outcomes.filter(one => !one.ok && one.refusal.code === 'webhook.too_many').length,
    80,
  )
})

test('a receiver that hangs does not hold up the others', async () => {
  const at = await on(({ path }, response) => {
    if (path === '/hangs') at.clock.advance(1000)
    else response.writeHead(204).end()
  }, 200)
  await added(at, '/hangs')
  for (let i = 0; i < 40; i++) await at.hooks.publish('ann', 'order.created', { i })
  await at.hooks.runOnce()
  const asked = at.arrived.length
  assert.ok(asked <= 40)
  await added(at, '/answers')
  for (let i = 0; i < 40; i++) await at.hooks.publish('ann', 'order.created', { i })
  at.clock.advance(10_000)
  await at.hooks.runOnce()
  const later = at.arrived.slice(asked)
  assert.equal(later.filter(({ path }) => path === '/answers').length, 40)
  assert.equal(later.filter(({ path }) => path === '/hangs').length, 0, 'it is left in peace')
  at.clock.advance(60_000)
  await at.hooks.runOnce()
  assert.equal(at.arrived.slice(asked + 40).length, 1, 'one goes and looks')
})

test('a worker that dies loses what it held to the next one, and no attempt is counted for it', async () => {
  const at = await on()
  await added(at)
  await at.hooks.publish('ann', 'order.created', {})
  await at.jobs.claim('webhook', at.clock(), 60_000, 'of a dead worker', 16)
  assert.equal(await at.hooks.runOnce(), 0)
  at.clock.advance(60_000)
  assert.equal(await at.hooks.runOnce(), 1)
  assert.equal(at.registry.log_[0]?.attempt, 1)
})

test('a log that cannot be written keeps the message', async () => {
  const at = await on()
  await added(at)
  await at.hooks.publish('ann', 'order.created', {})
  const { log } = at.registry
  at.registry.log = () => Promise.reject(new Error('the disk is full'))
  assert.equal(await at.hooks.runOnce(), 0)
  at.registry.log = log
  at.clock.advance(60_000)
  assert.equal(await at.hooks.runOnce(), 1)
})

test('a message is sent again by hand as it was, by its owner alone', async () => {
  const at = await on()
  const { secret } = await added(at)
  await at.hooks.publish('ann', 'order.created', { id: 7 })
  await at.hooks.runOnce()
  const [delivery] = at.registry.log_
  assert.ok(delivery)
  const foreign = await at.hooks.replay('bob', delivery.id)
  assert.equal(foreign.ok ? '' : foreign.refusal.code, 'webhook.absent')
  assert.ok((await at.hooks.replay('ann', delivery.id)).ok)
  await at.hooks.runOnce()
  const [first, second] = at.arrived
  assert.equal(first?.body, second?.body)
  assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id'])
  const believed = verifyWebhook(
    [secret],
    name => second?.headers[name]?.toString(),
    second?.body ?? '',
    at.clock(),
  )
  assert.equal(believed, true)
})

test('strangers list, rotate, enable, replay and remove nothing', async () => {
  const at = await on()
  const { endpoint } = await added(at)
  for (const outcome of [
    await at.hooks.rotate('bob', endpoint.id),
    await at.hooks.enable('bob', endpoint.id),
    await at.hooks.remove('bob', endpoint.id),
  ]) {
    assert.equal(outcome.ok ? '' : outcome.refusal.code, 'webhook.absent')
  }
  assert.deepEqual(await at.hooks.list('bob'), [])
  assert.deepEqual(await at.hooks.deliveries('bob', endpoint.id), [])
})

test('an address inside is refused when it is entered, and again at every delivery', async () => {
  const at = await on()
  const inside = await at.hooks.add('ann', { url: 'http://169.254.169.254/', events: [] })
  assert.equal(inside.ok ? '' : inside.refusal.says, 'outbound.refused')
  const { endpoint } = await added(at)
  // As if the rules had become stricter since, or somebody had written into the table.
  await at.registry.remove('ann', endpoint.id)
  await at.registry.add({ ...endpoint, url: 'http://127.0.0.2/' }, 20)
  await at.hooks.publish('ann', 'order.created', {})
  await at.hooks.runOnce()
  assert.equal(at.arrived.length, 0)
  const [delivery] = at.registry.log_
  assert.deepEqual([delivery?.outcome, delivery?.status], ['refused', undefined])
})

for (const [what, change] of [
  ['its body', { body: 'changed' }],
  ['its id', { id: 'msg_other' }],
  ['its time', { timestamp: 1 }],
  ['another secret', { secret: `whsec_${Buffer.alloc(32).toString('base64')}` }],
] as const) {
  test(`a message with ${what} changed is believed neither by us nor by the standard library`, async () => {
    const at = await on()
    at.clock.set(Date.now())
    const { secret } = await added(at)
    await at.hooks.publish('ann', 'order.created', {})
    await at.hooks.runOnce()
    const { headers, body } = at.arrived[0] ?? assert.fail()
    const given = { ...headers } as Record<string, string>
    const verify = (key: string, text: string): boolean[] => {
      const ours = verifyWebhook([key], name => given[name], text, at.clock())
      try {
        new Webhook(key).verify(text, given)
        return [ours, true]
      } catch {
        return [ours, false]
      }
    }
    assert.deepEqual(verify(secret, body), [true, true])
    if ('id' in change) given['webhook-id'] = change.id
    if ('timestamp' in change) {
      given['webhook-timestamp'] = String(Number(given['webhook-timestamp']) - change.timestamp)
    }
    const key = 'secret' in change ? change.secret : secret
    assert.deepEqual(verify(key, 'body' in change ? change.body : body), [false, false])
  })
}
