import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../kernel/clock.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import type { Mail } from './mailer.ts'
import { mailQueue } from './queue.ts'
import { mailKey, openMail, sealMail } from './seal.ts'
import { mailWorker } from './worker.ts'

const root = (from: number) => Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + from))
const [keys, nextKeys] = [deriveKeys(root(3)), deriveKeys(root(4))]
const random = systemRandom()
const MAIL = {
  code: 'reset.link',
  to: 'ann@example.com',
  values: { link: 'https://shop.example/#token=abc', minutes: '15' },
} as const

function posting(fails: () => boolean = () => false) {
  const clock = testClock()
  const { jobs } = memoryStores()
  const sent: Mail[] = []
  const lost: string[] = []
  const worker = (given = keys, previousKeys = [] as (typeof keys)[]) =>
    mailWorker({
      jobs,
      keys: given,
      previousKeys,
      clock,
      random,
      service: 'Otter Shop',
      gaveUp: (_job, why) => void lost.push(why),
      mailer: {
        kind: 'test',
        async send(mail) {
          if (fails()) throw new RangeError('450 try later')
          sent.push(mail)
        },
      },
    })
  return { clock, jobs, sent, lost, worker, queue: mailQueue(keys, clock, random) }
}

test('a queued mail is sent once by four workers', async () => {
  const { jobs, queue, sent, worker } = posting()
  await jobs.enqueue(Array.from({ length: 30 }, () => queue.job(MAIL)))
  await Promise.all([worker(), worker(), worker(), worker()].map(one => one.runOnce()))
  assert.equal(sent.length, 30)
  assert.equal(new Set(sent.map(one => one.id)).size, 30)
  assert.equal((await jobs.backlog('mail')).waiting, 0)
})

test('a decoy looks like a mail and sends nothing', async () => {
  const { jobs, queue, sent, worker } = posting()
  const [real, decoy] = [queue.job(MAIL), queue.job(undefined)]
  assert.equal(real.payload.length, decoy.payload.length)
  assert.deepEqual(Object.keys(real), Object.keys(decoy))
  await jobs.enqueue([real, decoy])
  assert.equal(await worker().runOnce(), 2)
  assert.equal(sent.length, 1)
})

test('a waiting mail shows neither address nor link to who reads the store', () => {
  const { queue } = posting()
  const { payload, id } = queue.job(MAIL)
  const bytes = Buffer.from(payload, 'base64url').toString('latin1')
  assert.doesNotMatch(payload + bytes, /example|token|abc/)
  assert.match(openMail([mailKey(keys)], id, payload) ?? '', /ann@example\.com/)
  assert.equal(openMail([mailKey(keys)], 'another-job', payload), undefined)
  assert.equal(openMail([mailKey(nextKeys)], id, payload), undefined)
  assert.equal(openMail([mailKey(keys)], id, `${payload.slice(0, -2)}AA`), undefined)
  assert.equal(openMail([mailKey(keys)], id, ''), undefined)
})

test('a mail that waited over a change of the root key is still sent', async () => {
  const { jobs, queue, sent, worker } = posting()
  await jobs.enqueue([queue.job(MAIL)])
  await worker(nextKeys, [keys]).runOnce()
  assert.equal(sent.length, 1)
})

test('a mailer that is down is tried again later and later, then given up', async () => {
  let down = true
  const { jobs, queue, sent, lost, worker, clock } = posting(() => down)
  await jobs.enqueue([queue.job(MAIL)])
  const one = worker()
  const began = clock()
  for (let tried = 0; tried < 3; tried++) {
    assert.equal(await one.runOnce(), 0)
    assert.equal(await one.runOnce(), 0)
    clock.advance(120_000)
  }
  down = false
  await one.runOnce()
  assert.equal(sent.length, 1)
  down = true
  await jobs.enqueue([queue.job(MAIL)])
  for (let tried = 0; tried < 30; tried++) {
    await one.runOnce()
    clock.advance(5_400_000)
  }
  assert.deepEqual(lost, ['RangeError'])
  assert.equal((await jobs.backlog('mail')).waiting, 0)
  assert.ok(clock() > began)
})

test('what nobody can open any more is given up, not tried for ever', async () => {
  const { jobs, lost, worker, clock } = posting()
  const id = random.uuid()
  const payload = sealMail(mailKey(nextKeys), random, id, JSON.stringify(MAIL))
  await jobs.enqueue([{ id, kind: 'mail', payload, runAt: clock() }])
  await worker().runOnce()
  assert.deepEqual(lost, ['unreadable'])
  assert.equal((await jobs.backlog('mail')).waiting, 0)
})

test('a mail comes at once when somebody wakes the worker', async () => {
  const { jobs, queue, sent, worker } = posting()
  const one = worker()
  one.start()
  await jobs.enqueue([queue.job(MAIL)])
  one.wake()
  for (let turn = 0; turn < 50 && sent.length === 0; turn++) {
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.equal(sent.length, 1)
  await one.stop()
})
