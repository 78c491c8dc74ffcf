import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sqliteStores } from '../../store/sqlite/sqlite.ts'
import { timingContract } from '../../testing/timing.ts'
import { drivers } from '../drivers.test.kit.ts'
import { type House, house, visit } from '../house.test.kit.ts'
import { mailWorker } from '../mail/worker.ts'
import { asker, KNOWN, oracles, unknown, WRONG } from './oracles.test.kit.ts'
import { timebox } from './timebox.ts'

const thorough = process.env['THOROUGH'] === '1'
const pairs = thorough ? 400 : 10
const ANSWER_MS = 60

// The store of most services on every run; all of this machine when there is time.
const all = thorough
  ? await drivers()
  : [['sqlite', () => sqliteStores({ path: ':memory:' })] as const]

for (const [driver, open] of all) {
  for (const { name, ask } of oracles) {
    test(`${driver}: ${name}: ${pairs} interleaved pairs tell no known address from an unknown one`, async () => {
      const stores = await open()
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

test('a locked name and one that is merely wrong take as long', async () => {
  const of = await house({ answerMs: ANSWER_MS }, { wait: ms => setTimeout(ms) })
  await of.member(KNOWN)
  const ask = (email: string) => of.flows.login(visit(), { email, password: WRONG })
  const verdict = await timingContract({
    pairs,
    one: () => ask(KNOWN),
    other: () => ask(unknown()),
    async between() {
      for (let guess = 0; guess < 6; guess++) {
        const attempt = { accountId: await idOf(of), identifier: KNOWN, address: `${guess}` }
        await of.flows.lockout.during({ ...attempt, device: undefined }, async () => {})
      }
    },
  })
  assert.ok(verdict.p > 0.001, JSON.stringify(verdict))
})

async function idOf(of: House): Promise<string | undefined> {
  return (await of.stores.accounts.byEmail(KNOWN))?.id
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
