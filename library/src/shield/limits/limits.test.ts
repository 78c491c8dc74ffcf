import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { systemRandom } from '../../kernel/random.ts'
import { type LimitsOptions, limits } from './limits.ts'
import { recycle } from './recycle.ts'
import { shed } from './shed.ts'

test('without options every limit has a number', () => {
  const all = limits()
  assert.equal(all.body.json, 102_400)
  assert.equal(all.server.headersSeconds, 10)
  assert.equal(all.server.checkSeconds, 1)
  for (const group of Object.values(all)) {
    for (const value of Object.values(group)) assert.notEqual(value, undefined)
  }
})

test('one option leaves its neighbours alone', () => {
  const { body } = limits({ body: { json: 1000 } })
  assert.deepEqual([body.json, body.form], [1000, 102_400])
})

for (const options of [
  { body: { json: 0 } },
  { body: { json: -1 } },
  { body: { json: Number.POSITIVE_INFINITY } },
  { body: { maxRatio: 0 } },
  { body: { codings: ['compress'] } },
  { server: { headersSeconds: 0 } },
  { concurrency: { max: 0 } },
  { shed: { maxHeapShare: 1.5 } },
  { recycle: { jitter: 2 } },
  { recycle: { requests: -1 } },
  { bodies: {} },
  { body: { jsn: 5 } },
  { server: { headerSeconds: 5 } },
] as unknown as LimitsOptions[]) {
  test(`${JSON.stringify(options)} stops the start`, () => {
    assert.throws(() => limits(options), ConfigFault)
  })
}

test('work is refused while the event loop lags, and taken again when it has caught up', t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const clock = testClock(0)
  const load = shed({ maxLoopDelayMs: 500, maxHeapShare: 0.9, clock, heapShare: () => 0.1 })
  const sample = (lateMs: number): void => {
    clock.advance(250 + lateMs)
    t.mock.timers.tick(250)
  }
  sample(0)
  assert.equal(load.judge(), undefined)
  sample(1500)
  assert.equal(load.judge(), undefined, 'one slow moment does not count')
  sample(1500)
  assert.deepEqual([load.judge()?.code, load.judge()?.status], ['limits.loop_delay', 503])
  for (let calm = 0; calm < 8; calm++) sample(0)
  assert.equal(load.judge(), undefined)
  assert.ok(load.loopDelayMs < 500)
  load.stop()
})

test('work is refused while the heap is nearly full', t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let share = 0.95
  const load = shed({
    maxLoopDelayMs: 500,
    maxHeapShare: 0.9,
    clock: testClock(0),
    heapShare: () => share,
  })
  t.mock.timers.tick(250)
  assert.equal(load.judge()?.code, 'limits.heap')
  share = 0.5
  t.mock.timers.tick(250)
  assert.equal(load.judge(), undefined)
  load.stop()
})

test('a process leaves once, after about its number of requests, never all workers together', () => {
  const random = systemRandom()
  const lives = Array.from({ length: 50 }, () => {
    const worker = recycle({ requests: 1000, rssBytes: 0, jitter: 0.1, random })
    let served = 1
    while (!worker.count()) served++
    assert.equal(worker.due, 'requests')
    assert.equal(worker.count(), false)
    return served
  })
  assert.ok(Math.min(...lives) >= 900 && Math.max(...lives) <= 1101)
  assert.ok(new Set(lives).size > 10)
})

test('a process that has grown too large leaves as well', () => {
  let rss = 100
  const worker = recycle({
    requests: 0,
    rssBytes: 1000,
    jitter: 0,
    random: systemRandom(),
    rss: () => rss,
  })
  for (let at = 0; at < 1000; at++) assert.equal(worker.count(), false)
  rss = 2000
  const left = Array.from({ length: 300 }, () => worker.count()).filter(Boolean)
  assert.equal(left.length, 1)
  assert.equal(worker.due, 'memory')
})

test('a process without marks stays for ever', () => {
  const worker = recycle({ requests: 0, rssBytes: 0, jitter: 0.1, random: systemRandom() })
  for (let at = 0; at < 10_000; at++) assert.equal(worker.count(), false)
})
