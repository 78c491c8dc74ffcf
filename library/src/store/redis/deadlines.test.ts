import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { deadlines, type Watched } from './deadlines.ts'

type Named = Watched & { readonly name: string }

/** A watch of 100 ms whose time the test turns, and the names of those that were late. */
function watching(t: TestContext): {
  watch: (name: string) => Named
  pass: (ms: number) => void
  late: string[]
  held: () => number
} {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let time = 0
  const late: string[] = []
  const { watch, held } = deadlines<Named>(
    100,
    ({ name }) => late.push(name),
    () => time,
  )
  return {
    late,
    held,
    watch(name) {
      const watched = { settled: false, due: 0, name }
      watch(watched)
      return watched
    },
    pass(ms) {
      time += ms
      t.mock.timers.tick(ms)
    },
  }
}

test('what has not settled in time is late, once; what has settled is left alone', t => {
  const { watch, pass, late } = watching(t)
  watch('first')
  const second = watch('second')
  watch('third')
  second.settled = true
  pass(99)
  assert.deepEqual(late, [])
  pass(1)
  assert.deepEqual(late, ['first', 'third'])
  pass(1_000)
  watch('fourth')
  pass(100)
  assert.deepEqual(late, ['first', 'third', 'fourth'])
})

test('a later wait is not cut short by an earlier one', t => {
  const { watch, pass, late } = watching(t)
  watch('early')
  pass(50)
  watch('later')
  pass(50)
  assert.deepEqual(late, ['early'])
  pass(49)
  assert.deepEqual(late, ['early'])
  pass(1)
  assert.deepEqual(late, ['early', 'later'])
})

test('what was answered in order is let go at once, however far its deadline', t => {
  const { watch, held, pass, late } = watching(t)
  for (let turn = 0; turn < 10_000; turn += 1) {
    const [one, two] = [watch('one'), watch('two')]
    one.settled = true
    two.settled = true
  }
  assert.ok(held() <= 2)
  watch('slow')
  for (let turn = 0; turn < 1_000; turn += 1) watch('after it').settled = true
  pass(100)
  assert.deepEqual(late, ['slow'])
  watch('last').settled = true
  assert.ok(held() <= 1)
})
