import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { mannWhitney, median, timingContract } from './timing.ts'

test('agrees with the rank test as done by hand', () => {
  // U = 0 of 5 and 5: z = (12.5 - 0.5) / sqrt(25 * 11 / 12) = 2.5067.
  const apart = mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
  assert.ok(Math.abs(apart - 0.01219) < 1e-4, `${apart}`)
})

test('all alike is no difference, far apart is one', () => {
  const same = Array.from({ length: 400 }, () => 5)
  assert.equal(mannWhitney(same, same), 1)
  const near = Array.from({ length: 400 }, (_, at) => at % 17)
  const far = near.map(value => value + 3)
  assert.ok(mannWhitney(near, far) < 1e-6)
})

test('finds four milliseconds in a noise of three', async () => {
  const noisy = (extra: number) => () => setTimeout(1 + Math.random() * 3 + extra)
  const { p, one, other } = await timingContract({ one: noisy(0), other: noisy(4), pairs: 40 })
  assert.ok(p < 0.001, `${p}`)
  assert.ok(other > one)
})

test('the middle of an even sample lies between its two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([3, 1, 2]), 2)
})
