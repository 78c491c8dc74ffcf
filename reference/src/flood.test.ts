import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Client } from './testing/browserless.ts'
import { memoryOf, noMemoryReading, startedProcess } from './testing/process.ts'
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

test('two hundred sign-ins at once stay within their memory', {
  skip: noMemoryReading,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-flood-'))
  const seed = join(folder, 'seed.json')
  const users = Array.from({ length: 10 }, (_, index) => ({
    email: `person${index}@example.com`,
    password: PASSWORD,
  }))
  writeFileSync(seed, JSON.stringify({ users }))
  const at = await startedProcess(folder, { BULWARK_SEED: seed })
  // The first hashes bring the memory that hashing needs; the flood must not bring more and more.
  const login = (index: number) =>
    new Client(at.origin).post('/auth/login', {
      email: `person${index % users.length}@example.com`,
      password: PASSWORD,
    })
  await Promise.all([0, 1, 2, 3].map(login))
  const { most: before } = memoryOf(at)
  const answers = await Promise.all(Array.from({ length: PARALLEL }, (_, index) => login(index)))
  const { most } = memoryOf(at)
  at.child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  assert.ok(answers.every(({ status }) => [200, 401, 429, 503].includes(status)))
  assert.ok(answers.filter(({ status }) => status === 200).length >= users.length)
  assert.ok(most - before < 64 * MIB, `${Math.round((most - before) / MIB)} MiB more`)
})
