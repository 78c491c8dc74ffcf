import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { memoryStores } from '../../store/memory/memory.ts'
import type { Stores } from '../../store/port/stores.ts'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { timingContract } from '../../testing/timing.ts'
import { house } from '../house.test.kit.ts'
import { mailWorker } from '../mail/worker.ts'
import { asker, KNOWN, oracles, unknown } from './oracles.test.kit.ts'
import { timebox } from './timebox.ts'

const thorough = process.env['THOROUGH'] === '1'
const pairs = thorough ? 400 : 10
const ANSWER_MS = 60

const drivers: readonly (readonly [name: string, open: () => Stores])[] = [
  ['sqlite', () => sqliteStores({ path: ':memory:' })],
  ...(thorough ? [['memory', memoryStores] as const] : []),
]

for (const [driver, open] of drivers) {
  for (const { name, ask } of oracles) {
    test(`${driver}: ${name}: ${pairs} interleaved pairs tell no known address from an unknown one`, async () => {
      const stores = open()
      const of = await house({ answerMs: ANSWER_MS }, { stores, wait: ms => setTimeout(ms) })
      await of.member(KNOWN)
      const id = await of.member('asker@example.com')
      const slowMailer = { kind: 'slow', send: () => setTimeout(50) }
      const mail = mailWorker({
        ...of.flows.ground,
        jobs: stores.jobs,
        mailer: slowMailer,
        service: 'Otter Shop',
      })
      mail.start()
      let session = await asker(of, id)
      const verdict = await timingContract({
        pairs,
        one: () => ask(of, KNOWN, session),
        other: () => ask(of, unknown(), session),
        async between() {
          of.clock.advance(25 * 3_600_000)
          session = await asker(of, id)
        },
      })
      await mail.stop()
      assert.ok(verdict.p > 0.001, JSON.stringify(verdict))
      assert.ok(verdict.one >= ANSWER_MS - 1, JSON.stringify(verdict))
      await of.close()
    })
  }
}

test('work that takes longer than its time is answered at the next whole multiple', async () => {
  let now = 0
  const waits: number[] = []
  let ring = (): void => {}
  const timing = {
    clock: () => now,
    wait(ms: number) {
      waits.push(ms)
      return waits.length === 1 ? Promise.resolve() : new Promise<void>(done => (ring = done))
    },
  }
  let finish = (): void => {}
  const boxed = timebox(100, timing, () => new Promise<string>(done => (finish = () => done('x'))))
  await setTimeout(1)
  now = 230
  finish()
  await setTimeout(1)
  assert.deepEqual(waits, [100, 70])
  ring()
  assert.equal(await boxed, 'x')
})

test('a fault is thrown on, when the time is up', async () => {
  let ring = (): void => {}
  const wait = () => new Promise<void>(done => (ring = done))
  let fault: unknown
  const boxed = timebox(100, { clock: () => 0, wait }, async () => {
    throw new Error('the store is down')
  }).catch(error => (fault = error))
  await setTimeout(1)
  assert.equal(fault, undefined)
  ring()
  await boxed
  assert.match(String(fault), /the store is down/)
})
