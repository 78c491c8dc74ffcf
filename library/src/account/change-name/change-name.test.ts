import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieHeader, house, PASSWORD, visit } from '../house.test.kit.ts'

const ANN = 'ann@example.com'

async function annAtHome() {
  const of = await house()
  const id = await of.member(ANN)
  const outcome = await of.flows.login(visit(), { email: ANN, password: PASSWORD })
  assert.ok(outcome.ok && outcome.value.kind === 'session')
  const session = await of.sessions.load(cookieHeader(outcome.value.cookies))
  assert.ok(session)
  const name = async () => (await of.stores.accounts.byId(id))?.name
  return { of, session, name }
}

test('a person changes their name, takes it away, and the log knows', async () => {
  const { of, session, name } = await annAtHome()
  assert.ok((await of.flows.changeName(visit(), session, { name: '  Ann Ohm ' })).ok)
  assert.equal(await name(), 'Ann Ohm')
  assert.ok((await of.flows.changeName(visit(), session, { name: '   ' })).ok)
  assert.equal(await name(), undefined)
  const events = await of.stores.auditLog.read({ limit: 10, code: 'account.updated' })
  assert.equal(events.length, 2)
})

for (const [what, text] of [
  ['is longer than a hundred characters', 'a'.repeat(101)],
  ['turns the direction of reading', 'Ann\u202enimda'],
  ['breaks the line', 'Ann\nadmin'],
] as const) {
  test(`a name that ${what} changes nothing`, async () => {
    const { of, session, name } = await annAtHome()
    const before = await name()
    const outcome = await of.flows.changeName(visit(), session, { name: text })
    assert.ok(!outcome.ok && outcome.refusal.status === 422)
    assert.equal(await name(), before)
  })
}

test('of many changes at once all are made, one after the other, and one stands', async () => {
  const { of, session, name } = await annAtHome()
  const names = Array.from({ length: 6 }, (_, at) => `Ann ${at}`)
  const all = await Promise.all(
    names.map(one => of.flows.changeName(visit(), session, { name: one })),
  )
  const made = names.filter((_, at) => all[at]?.ok === true)
  assert.ok(made.length > 0)
  assert.ok(made.includes((await name()) ?? ''))
  const events = await of.stores.auditLog.read({ limit: 50, code: 'account.updated' })
  assert.equal(events.length, made.length)
})
