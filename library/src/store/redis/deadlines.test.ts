import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadlines } from './deadlines.ts'

const after = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

test('what has not settled in time is late, once; what has settled is left alone', async () => {
  const watch = deadlines(30)
  const late: string[] = []
  const wait = (name: string): { settled: boolean; late: () => void } => {
    const watched = { settled: false, late: () => late.push(name) }
    watch(watched)
    return watched
  }
  wait('first')
  const second = wait('second')
  wait('third')
  second.settled = true
  await after(10)
  assert.deepEqual(late, [])
  await after(60)
  assert.deepEqual(late, ['first', 'third'])
  wait('fourth')
  await after(60)
  assert.deepEqual(late, ['first', 'third', 'fourth'])
})

test('a later wait is not cut short by an earlier one', async () => {
  const watch = deadlines(100)
  const late: string[] = []
  watch({ settled: false, late: () => late.push('early') })
  await after(50)
  watch({ settled: false, late: () => late.push('later') })
  await after(70)
  assert.deepEqual(late, ['early'])
  await after(80)
  assert.deepEqual(late, ['early', 'later'])
})
