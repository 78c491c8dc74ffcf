import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** Codes that are still to be written; one leaves this list when its event arrives. */
const AWAITED: ReadonlySet<string> = new Set([
  'password.rehashed',
  'session.rotated',
  'session.expired',
])

test('no code of the catalogue waits for somebody to write it', () => {
  const root = join(import.meta.dirname, '../../..')
  const sources = globSync('{library,reference,cli}/src/**/*.ts', { cwd: root })
    .filter(file => !/\.test\.|audit\/(events|ocsf)\.ts$/.test(file))
    .map(file => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const unwritten = Object.keys(events).filter(code => {
    const [, what] = code.split('.')
    // Refusals are written under their word by `refusalEvent`, whatever the defence calls them.
    return what !== 'refused' && !AWAITED.has(code) && !sources.includes(`'${code}'`)
  })
  assert.deepEqual(unwritten, [])
})
