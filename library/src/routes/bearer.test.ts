import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testClock } from '../kernel/clock.ts'
import { systemRandom } from '../kernel/random.ts'
import { refresh } from '../session/refresh/refresh.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { keyRing } from '../vault/secrets/ring.ts'
import { bearerOf } from './bearer.ts'

const ISSUER = 'https://shop.example'
const ELSEWHERE = 'https://mcp.shop.example'

test('a token opens only the resource that it is meant for', async () => {
  const { refreshTokens, oneTimeTokens } = memoryStores()
  const tokens = refresh(
    {},
    {
      store: refreshTokens,
      tokens: oneTimeTokens,
      ring: keyRing(Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3))),
      clock: testClock(),
      random: systemRandom(),
      issuer: ISSUER,
      entry: () => {
        throw new Error('nothing happens that belongs in the log')
      },
    },
  )
  const token = await tokens.access.issue({
    subject: 'machine',
    clientId: 'machine',
    scope: ['orders:read'],
    audience: [ELSEWHERE],
    familyId: undefined,
    role: 'client',
    factors: [],
    authenticatedAt: 0,
  })
  const here = await bearerOf(tokens, `Bearer ${token}`)
  assert.ok(here?.ok === false && here.refusal.code === 'refresh.bad_audience')
  assert.equal((await bearerOf(tokens, `Bearer ${token}`, ELSEWHERE))?.ok, true)
  assert.equal(bearerOf(undefined, `Bearer ${token}`), undefined)
})
