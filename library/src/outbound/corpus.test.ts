import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Case, casesIn, policyOf, ToyInternet } from './loopback.test.kit.ts'
import { isPublic } from './oracle.test.kit.ts'
import { outboundPolicy, type SafeFetchInit, safeFetch } from './outbound.ts'

const internet = new ToyInternet()
before(() => internet.open())
after(() => internet.close())

for (const file of ['ssrf-cases.corpus.json', 'own-cases.corpus.json']) {
  describe(file, () => {
    for (const one of casesIn(file)) {
      const verdict = one.expect === 'block' ? 'refuses' : 'lets through'
      test(`${one.id}: ${verdict} ${one.why}`, () => holds(one))
    }
  })
}

async function holds(one: Case): Promise<void> {
  const world = internet.worldOf(one)
  const policy = outboundPolicy({ name: 'case', refusalStepMs: 0, ...policyOf(one) }, world.wires)
  const { method, headers, body } = (one.options ?? {}) as Omit<SafeFetchInit, 'policy'>
  const parts = { ...(method && { method }), ...(headers && { headers }), ...(body && { body }) }
  const outcome = await safeFetch(one.url, { policy, ...parts })
  await policy.close()

  const { allowAddresses, nat64Prefixes } = policy.settings
  const exceptions = [...allowAddresses, ...nat64Prefixes]
  const inward = world.attempted.filter(address => !isPublic(address, exceptions))
  assert.deepEqual(inward, [], 'no connection may be attempted to a forbidden address')
  if (one.caller !== 'any') {
    assert.equal(outcome.ok ? 'allow' : 'block', one.expect, outcome.ok ? '' : outcome.refusal.code)
  }
  if (!outcome.ok) assert.equal(outcome.refusal.says, 'outbound.refused')

  const { sees } = one
  if (sees === undefined) return
  const last = world.seen.at(-1)
  if (sees.requests !== undefined) assert.equal(world.seen.length, sees.requests)
  if (sees.method !== undefined) assert.equal(last?.method, sees.method)
  if (sees.body !== undefined) assert.equal(last?.body, sees.body)
  if (sees.status !== undefined) assert.equal(outcome.ok && outcome.value.status, sees.status)
  for (const name of sees.absent ?? []) assert.ok(!(name in (last?.headers ?? {})), name)
  for (const name of sees.present ?? []) assert.ok(name in (last?.headers ?? {}), name)
}
