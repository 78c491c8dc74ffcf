import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, rankSumZ } from './statistics.ts'

test('two samples from the same place are told to be alike', () => {
  assert.ok(Math.abs(rankSumZ([1, 4, 5, 8, 9, 12], [2, 3, 6, 7, 10, 11])) < 1)
})

test('two samples that do not overlap are far apart', () => {
  const low = Array.from({ length: 25 }, (_, at) => at)
  assert.ok(
    rankSumZ(
      low,
      low.map(value => value + 100),
    ) < -5,
  )
})

test('one wild outlier does not make a difference', () => {
  assert.ok(Math.abs(rankSumZ([1, 2, 3, 4, 9999], [1, 2, 3, 4, 5])) < 1)
})

test('equal values say nothing at all', () => {
  assert.equal(rankSumZ([3, 3, 3], [3, 3, 3]), 0)
})

test('the median of an even number of values lies between the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5)
})
