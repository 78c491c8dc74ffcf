import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStores } from '../../store/memory/memory.ts'
import type { NewJob } from '../../store/port/jobs.ts'
import type { Stores } from '../../store/port/stores.ts'
import { type House, house, PASSWORD, visit } from '../house.test.kit.ts'
import { asker, KNOWN, oracles, unknown, WRONG } from './oracles.test.kit.ts'

interface Trace {
  verbs: string[]
  jobBytes: number[]
}

/** Writes down every verb that is asked of the stores, and the size of every job. */
function traced(stores: Stores): { stores: Stores; trace: Trace } {
  const trace: Trace = { verbs: [], jobBytes: [] }
  const watch = (port: string, inner: object): object =>
    new Proxy(inner, {
      get(target, verb: string) {
        const method = Reflect.get(target, verb)
        if (typeof method !== 'function') return method
        return (...args: unknown[]) => {
          if (port !== 'auditLog') trace.verbs.push(`${port}.${verb}`)
          for (const arg of args) {
            const jobs = (arg as { jobs?: readonly NewJob[] } | undefined)?.jobs ?? []
            trace.jobBytes.push(...jobs.map(job => job.payload.length))
          }
          return Reflect.apply(method, target, args)
        }
      },
    })
  const watched = Object.fromEntries(
    Object.entries(stores).map(([port, inner]) => [
      port,
      typeof inner === 'object' ? watch(port, inner) : inner,
    ]),
  )
  return { stores: watched as unknown as Stores, trace }
}

async function asked(of: House, trace: Trace, run: () => Promise<unknown>) {
  trace.verbs = []
  trace.jobBytes = []
  of.waits.length = 0
  const outcome = (await run()) as { ok: boolean; refusal?: { code?: string; why?: string } }
  const { code: _code, why: _why, ...said } = outcome.refusal ?? {}
  return {
    ok: outcome.ok,
    said,
    verbs: trace.verbs,
    jobBytes: trace.jobBytes,
    answeredAfter: of.waits[0],
  }
}

for (const { name, ask } of oracles) {
  test(`G10: ${name}: known and unknown get one answer, at the same verbs, with as much mail queued`, async () => {
    const { stores, trace } = traced(memoryStores())
    const of = await house({}, { stores })
    await of.member(KNOWN)
    const session = await asker(of, await of.member('asker@example.com'))
    await of.mail.runOnce()
    const sent = of.outbox.mails().length

    const known = await asked(of, trace, () => ask(of, KNOWN, session))
    const stranger = await asked(of, trace, () => ask(of, unknown(), session))
    assert.deepEqual(known, stranger)
    assert.equal(known.answeredAfter, 250)
    assert.equal(of.outbox.mails().length, sent, 'mail is queued, never awaited')
  })
}

for (const { name, ask } of oracles) {
  test(`${name}: an address whose registration still waits is answered like an unknown one`, async () => {
    const { stores, trace } = traced(memoryStores())
    const of = await house({}, { stores })
    await of.flows.register(visit(), { email: KNOWN, password: PASSWORD })
    const session = await asker(of, await of.member('asker@example.com'))
    const waiting = await asked(of, trace, () => ask(of, KNOWN, session))
    const stranger = await asked(of, trace, () => ask(of, unknown(), session))
    const { verbs, ...rest } = waiting
    const { verbs: others, ...same } = stranger
    assert.deepEqual(rest, same)
    assert.equal(verbs.length, others.length, `${verbs} and ${others}`)
  })
}

test('an address that is no address costs the same where an answer is owed', async () => {
  const { stores, trace } = traced(memoryStores())
  const of = await house({}, { stores })
  await of.member(KNOWN)
  const session = await asker(of, await of.member('asker@example.com'))
  for (const { name, ask } of oracles) {
    if (name === 'register' || name === 'change-email') continue
    const known = await asked(of, trace, () => ask(of, KNOWN, session))
    const none = await asked(of, trace, () => ask(of, 'no address', session))
    assert.deepEqual(known, none, name)
  }
})

test('G06: locked, wrong, unknown, disabled and unverified are one answer', async () => {
  const of = await house()
  const bob = await of.member('bob@example.com')
  await of.member(KNOWN)
  await of.member('carol@example.com')
  await of.flows.disable({ visit: visit(), actorId: undefined }, bob)
  await of.flows.register(visit(), { email: 'new@example.com', password: PASSWORD })
  for (let guess = 0; guess < 6; guess++) {
    await of.flows.login(visit(), { email: 'carol@example.com', password: WRONG })
  }
  const said = []
  for (const [email, password] of [
    [KNOWN, WRONG],
    [unknown(), WRONG],
    ['bob@example.com', PASSWORD],
    ['new@example.com', PASSWORD],
    ['carol@example.com', PASSWORD],
    ['carol@example.com', WRONG],
  ] as const) {
    of.waits.length = 0
    const outcome = await of.flows.login(visit(), { email, password })
    assert.ok(!outcome.ok)
    const { code: _code, why: _why, ...rest } = outcome.refusal
    said.push({ ...rest, answeredAfter: of.waits[0] })
  }
  for (const one of said) assert.deepEqual(one, said[0])
})
