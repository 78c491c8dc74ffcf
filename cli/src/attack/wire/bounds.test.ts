import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bounds, RunStopped } from './bounds.ts'

const LIMITS = { requestsPerSecond: 1000, requests: 100, minutes: 1, connections: 2 }
const never = new AbortController().signal

test('no more connections are open at once than were agreed', async () => {
  const bounds = new Bounds(LIMITS, never)
  let open = 0
  let most = 0
  const one = async () => {
    most = Math.max(most, ++open)
    await new Promise(resolve => setImmediate(resolve))
    open--
  }
  await Promise.all(Array.from({ length: 20 }, () => bounds.within(one)))
  assert.equal(most, 2)
})

test('the request after the last one ends the run', async () => {
  const bounds = new Bounds({ ...LIMITS, requests: 2 }, never)
  await bounds.within(async () => {})
  await bounds.within(async () => {})
  await assert.rejects(
    bounds.within(async () => {}),
    RunStopped,
  )
  assert.equal(bounds.stopped, 'the limit of 2 requests')
})

test('after a burst the rate is kept', async () => {
  const bounds = new Bounds({ ...LIMITS, requestsPerSecond: 100 }, never)
  const began = performance.now()
  for (let i = 0; i < 20; i++) await bounds.within(async () => {})
  assert.ok(performance.now() - began >= 80)
})

test('a race is counted and not paced', async () => {
  const bounds = new Bounds({ ...LIMITS, requestsPerSecond: 1 }, never)
  await Promise.all(Array.from({ length: 30 }, () => bounds.within(async () => {}, true)))
  assert.equal(bounds.used, 30)
})

test('Ctrl-C stops what comes next', async () => {
  const aborter = new AbortController()
  const bounds = new Bounds(LIMITS, aborter.signal)
  aborter.abort()
  await assert.rejects(
    bounds.within(async () => {}),
    /interrupted/,
  )
})

test('a run that was given no time ends at once', () => {
  const bounds = new Bounds(LIMITS, never, performance.now() - 61_000)
  assert.throws(() => bounds.check(), /limit of 1 minutes/)
})
