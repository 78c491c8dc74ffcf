import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventKind, events } from './events.ts'

for (const [code, kind] of Object.entries(events)) {
  test(`${code} is a word and what happened, explained in one sentence`, () => {
    assert.match(code, /^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/)
    assert.match(kind.what, /^[A-Z].*\.$/)
    assert.ok(['info', 'notice', 'warning', 'critical'].includes(kind.severity))
  })
}

test('the application may have events of its own, under a word of its own', () => {
  assert.equal(eventKind('app.order_placed')?.severity, 'info')
  assert.equal(eventKind('order.placed'), undefined)
  assert.equal(eventKind('constructor'), undefined)
})
