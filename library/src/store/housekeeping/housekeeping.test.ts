import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drivers } from '../../account/drivers.test.kit.ts'
import { house, PASSWORD, visit } from '../../account/house.test.kit.ts'
import { housekeeping } from './housekeeping.ts'

for (const [driver, open] of await drivers()) {
  test(`${driver}: what has ended is taken out, what lives stays`, async () => {
    const of = await house({}, { stores: await open() })
    const id = await of.member('ann@example.com')
    for (let at = 0; at < 3; at++) {
      await of.flows.login(visit(), { email: 'ann@example.com', password: PASSWORD })
      await of.flows.login(visit(), { email: 'ann@example.com', password: 'wrong' })
      await of.flows.forgotPassword(visit(), { email: `u${at}@example.com` })
    }
    const { runOnce } = housekeeping({ ...of.flows.ground, sweep: of.flows.sweepDeleted })
    assert.equal(await runOnce(), 0)
    assert.equal((await of.sessions.list(id)).length, 3)
    of.clock.advance(20 * 60_000)
    await of.flows.login(visit(), { email: 'ann@example.com', password: PASSWORD })
    of.clock.advance(20 * 60_000)
    assert.ok((await runOnce()) >= 6)
    assert.equal((await of.sessions.list(id)).length, 1)
    assert.equal(await of.stores.sessions.count(0), 1)
    of.clock.advance(30 * 86_400_000)
    assert.ok((await runOnce()) >= 1)
    assert.equal(await runOnce(), 0)
    await of.close()
  })
}

test('two rounds asked for at once are one', async () => {
  const of = await house()
  let rounds = 0
  const keeper = housekeeping({
    ...of.flows.ground,
    async sweep() {
      rounds++
    },
  })
  await Promise.all([keeper.runOnce(), keeper.runOnce()])
  assert.equal(rounds, 1)
  keeper.start()
  await keeper.stop()
})
