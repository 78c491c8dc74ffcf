import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { testKit } from 'bulwark/testing'
import { service } from './service.ts'

test('what belongs to one person does not exist for another, on any route', async () => {
  const kit = await testKit()
  const app = await service(kit.bulwark, new DatabaseSync(':memory:'))
  const at = await app.listen({ port: 0, host: '127.0.0.1' })
  try {
    const { walked, leaks, unproven } = await kit.walk(at, {
      make: { 'POST /notes': { text: 'tea' } },
    })
    assert.deepEqual([leaks, unproven], [[], []])
    assert.ok(walked.includes('GET /notes/:id') && walked.includes('DELETE /notes/:id'))
  } finally {
    await app.close()
  }
})
