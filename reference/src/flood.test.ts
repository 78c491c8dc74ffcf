import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD, running } from './testing/running.ts'

const PARALLEL = 200
const MIB = 1024 * 1024

for (const store of ['memory', 'sqlite'] as const) {
  test(`${store}: of two hundred wrong passwords at once only the free ones are ever tried`, async () => {
    // The clock stands still, so that no delay runs out while a slow machine hashes.
    const now = Date.now()
    const at = await running(store, {}, () => now)
    await at.signedIn('tim@example.com')
    const guesses = await Promise.all(
      Array.from({ length: PARALLEL }, (_, index) =>
        at
          .client()
          .post('/auth/login', { email: 'tim@example.com', password: `wrong one ${index}` }),
      ),
    )
    assert.ok(guesses.every(({ status }) => [401, 429, 503].includes(status)))
    const { audit, stores } = at.app.bulwark
    await audit?.flush()
    const rows = (await audit?.read({ limit: 1000, code: 'login.refused' })) ?? []
    const tim = await stores.accounts.byEmail('tim@example.com')
    const tried = rows.filter(
      ({ reason, targetId }) => reason === 'login.wrong_password' && targetId === tim?.id,
    )
    assert.ok(tried.length <= 5, `${tried.length} passwords were hashed`)
    await at.stop()
  })
}

test('two hundred sign-ins at once stay within their memory', async () => {
  const at = await running('sqlite')
  const people = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      await at.signedIn(`person${index}@example.com`)
      return `person${index}@example.com`
    }),
  )
  const before = process.memoryUsage.rss()
  let most = before
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 5)
  const answers = await Promise.all(
    Array.from({ length: PARALLEL }, (_, index) =>
      at
        .client()
        .post('/auth/login', { email: people[index % people.length] ?? '', password: PASSWORD }),
    ),
  )
  clearInterval(watching)
  assert.ok(answers.every(({ status }) => [200, 401, 429, 503].includes(status)))
  assert.ok(answers.some(({ status }) => status === 200))
  // Two hashes at a time, and two hundred clients of the test itself in the same process.
  assert.ok(most - before < 64 * MIB, `${Math.round((most - before) / MIB)} MiB more`)
  await at.stop()
})
