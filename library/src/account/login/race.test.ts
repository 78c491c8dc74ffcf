import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drivers } from '../drivers.test.kit.ts'
import { house, PASSWORD, visit } from '../house.test.kit.ts'

for (const [driver, open] of await drivers()) {
  test(`${driver}: of 200 wrong passwords at once on one account five are ever hashed`, async () => {
    const of = await house({}, { stores: await open() })
    await of.member('ann@example.com')
    const { passwords } = of.flows.ground
    const verify = passwords.verify.bind(passwords)
    let hashed = 0
    passwords.verify = (password, stored) => {
      hashed++
      return verify(password, stored)
    }
    const guess = (at: number) =>
      of.flows.login(visit(), { email: 'ann@example.com', password: `guess ${at}` })
    const all = await Promise.all(Array.from({ length: 200 }, (_, at) => guess(at)))
    assert.equal(hashed, 5)
    for (const one of all) assert.ok(!one.ok && one.refusal.says === 'login.failed')
    hashed = 0
    const nobody = (at: number) =>
      of.flows.login(visit(), { email: 'nobody@example.com', password: `guess ${at}` })
    await Promise.all(Array.from({ length: 200 }, (_, at) => nobody(at)))
    assert.equal(hashed, 5)
    await of.close()
  })

  test(`${driver}: forty right passwords at once on one account are forty sessions`, async () => {
    const of = await house({}, { stores: await open() })
    const email = `bob@${driver}.example`
    const id = await of.member(email)
    const one = () => of.flows.login(visit(), { email, password: PASSWORD })
    const all = await Promise.all(Array.from({ length: 40 }, one))
    assert.equal(all.filter(outcome => outcome.ok).length, 40)
    assert.equal((await of.sessions.list(id)).length, 40)
    await of.close()
  })
}
