import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { testClock } from '../../kernel/clock.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { leadingZeroBits, proofOfWork } from './challenge.ts'
import { type Attempt, lockout } from './lockout.ts'

const keys = deriveKeys(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3)))
const ANN = '192.0.2.1'

function asking(bits = 8) {
  const clock = testClock()
  const { counters } = memoryStores()
  const challenge = proofOfWork({ bits }, { counters, keys, clock, random: systemRandom() })
  return { challenge, clock, counters }
}

/** What a browser does. */
function solve(text: string, bits: number): string {
  for (let n = 0; ; n++) {
    const answer = `${text}.${n}`
    if (leadingZeroBits(hash('sha256', answer, 'buffer')) >= bits) return answer
  }
}

test('who does the work passes, once', async () => {
  const { challenge } = asking()
  const answer = solve(challenge.ask(ANN), 8)
  assert.equal(await challenge.solved(answer, ANN), true)
  assert.equal(await challenge.solved(answer, ANN), false)
})

test('fifty at once with one answer: one passes', async () => {
  const { challenge } = asking()
  const answer = solve(challenge.ask(ANN), 8)
  const all = await Promise.all(Array.from({ length: 50 }, () => challenge.solved(answer, ANN)))
  assert.equal(all.filter(Boolean).length, 1)
})

test('an answer is worth nothing from another address, too late, or with other numbers in it', async () => {
  const { challenge, clock } = asking()
  const asked = challenge.ask(ANN)
  const answer = solve(asked, 8)
  assert.equal(await challenge.solved(answer, '192.0.2.2'), false)
  assert.equal(await challenge.solved(solve(asked.replace('pow.8', 'pow.0'), 0), ANN), false)
  assert.equal(await challenge.solved(`${answer}0`, ANN), false)
  clock.advance(120_000)
  assert.equal(await challenge.solved(answer, ANN), false)
})

test('an easier challenge of an earlier configuration is not enough', async () => {
  const { challenge, counters, clock } = asking(8)
  const harder = proofOfWork({ bits: 12 }, { counters, keys, clock, random: systemRandom() })
  assert.equal(await harder.solved(solve(challenge.ask(ANN), 12), ANN), false)
})

test('no text makes it throw or pass', async () => {
  const { challenge } = asking()
  await fc.assert(
    fc.asyncProperty(fc.string(), async text =>
      assert.equal(await challenge.solved(text, ANN), false),
    ),
  )
})

test('a stranger is asked before delays grow, and may wait instead', async () => {
  const { challenge, counters, clock } = asking()
  const guard = lockout({}, { counters, keys, clock, challenge })
  const reserve = (attempt: Attempt) => guard.during(attempt, async admitted => admitted)
  const attempt = (answer?: string) =>
    reserve({
      accountId: 'ann',
      identifier: 'ann@example.com',
      address: ANN,
      device: undefined,
      answer,
    })
  for (let tried = 0; tried < 3; tried++) assert.equal((await attempt()).ok, true)
  const asked = await attempt()
  assert.ok(!asked.ok)
  assert.deepEqual([asked.refusal.says, asked.refusal.status], ['lockout.challenge', 429])
  const text = asked.refusal.headers?.['bulwark-challenge'] ?? ''
  assert.equal((await attempt(solve(text, 8))).ok, true)
  assert.equal((await attempt()).ok, false)
  clock.advance(30_000)
  assert.equal((await attempt()).ok, true)
  const owner = await reserve({
    accountId: 'ann',
    identifier: 'ann@example.com',
    address: ANN,
    device: 'anns-laptop',
  })
  assert.equal(owner.ok, true)
})

test('leading zeros are counted by bits', () => {
  const rows = [
    ['80', 0],
    ['01', 7],
    ['0080', 8],
    ['000001', 23],
    ['0000', 16],
  ] as const
  for (const [hex, bits] of rows) assert.equal(leadingZeroBits(Buffer.from(hex, 'hex')), bits)
})
