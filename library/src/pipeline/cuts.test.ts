import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Audit } from '../audit/audit.ts'
import type { AuditEvent } from '../audit/event.ts'
import { cutLog } from './cuts.ts'

const slow = { code: 'server.slow_body', says: 'server.too_slow', status: 408 } as const
const broken = { code: 'server.malformed', says: 'server.malformed', status: 400 } as const

function logging(): { events: AuditEvent[]; at: { now: number }; cut: ReturnType<typeof cutLog> } {
  const events: AuditEvent[] = []
  const at = { now: 1_000_000 }
  const audit = { record: (event: AuditEvent) => events.push(event) } as unknown as Audit
  return { events, at, cut: cutLog(audit, () => at.now) }
}

test('a slow client is in the log with its address', () => {
  const { events, cut } = logging()
  cut(slow, '192.0.2.7', 'id-1')
  assert.equal(events.length, 1)
  assert.equal(events[0]?.reason, 'server.slow_body')
  assert.equal(events[0]?.request?.address, '192.0.2.7')
})

test('a thousand broken messages are two rows, and the second says how many were not written', () => {
  const { events, at, cut } = logging()
  for (let count = 0; count < 1000; count++) cut(broken, '192.0.2.7', 'id')
  at.now += 10_000
  cut(broken, '192.0.2.8', 'id')
  assert.equal(events.length, 2)
  assert.equal(events[1]?.detail?.['unwritten'], 999)
})

test('one kind of cut does not hide another', () => {
  const { events, cut } = logging()
  cut(broken, '192.0.2.7', 'id')
  cut(slow, '192.0.2.7', 'id')
  assert.equal(events.length, 2)
})
