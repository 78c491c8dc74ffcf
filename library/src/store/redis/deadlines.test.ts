import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadlines, type Watched } from './deadlines.ts'

type Named = Watched & { readonly name: string }

const after = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

test('what has not settled in time is late, once; what has settled is left alone', async () => {
  const late: string[] = []
  const watch = deadlines<Named>(30, ({ name }) => late.push(name))
  const wait = (name: string): Named => {
    const watched = { settled: false, due: 0, name }
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
  const late: string[] = []
  const watch = deadlines<Named>(100, ({ name }) => late.push(name))
  watch({ settled: false, due: 0, name: 'early' })
  await after(50)
  watch({ settled: false, due: 0, name: 'later' })
  await after(70)
  assert.deepEqual(late, ['early'])
  await after(80)
  assert.deepEqual(late, ['early', 'later'])
})
