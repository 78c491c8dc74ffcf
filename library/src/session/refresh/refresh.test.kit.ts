import { sha256 } from '../../kernel/bytes.ts'
import { type TestClock, testClock } from '../../kernel/clock.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import type { AuditEntry } from '../../store/port/audit-log.ts'
import type { Stores } from '../../store/port/stores.ts'
import { keyRing } from '../../vault/secrets/ring.ts'
import { type RefreshOptions, refresh, type Tokens } from './refresh.ts'

export const ROOT: Buffer = Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 3))
export const NEXT_ROOT: Buffer = Buffer.from(Array.from({ length: 32 }, (_, at) => at * 11 + 5))
export const ANN = { id: '0b9f3b1e-8d5c-4c1f-9a65-0a3c4f6f5a01', role: 'user' }
export const ISSUER = 'https://shop.example'
export const request = {
  id: 'r',
  method: 'POST',
  route: '/auth',
  address: '192.0.2.1',
  device: 'curl',
}
export const THOROUGH: boolean = process.env['THOROUGH'] === '1'

export interface Of {
  readonly tokens: Tokens
  readonly clock: TestClock
  readonly stores: Stores
  readonly codes: string[]
  readonly told: string[]
}

/** The token engine on stores of its own, with what it wrote down and told. */
export function made(
  options: RefreshOptions = {},
  given: {
    readonly stores?: Stores
    readonly clock?: TestClock
    readonly ring?: ReturnType<typeof keyRing>
  } = {},
): Of {
  const stores = given.stores ?? memoryStores()
  const clock = given.clock ?? testClock()
  const codes: string[] = []
  const told: string[] = []
  const random = systemRandom()
  const tokens = refresh(options, {
    store: stores.refreshTokens,
    tokens: stores.oneTimeTokens,
    ring: given.ring ?? keyRing(ROOT),
    clock,
    random,
    issuer: ISSUER,
    entry: ({ code, targetId }): AuditEntry => {
      codes.push(code)
      const id = random.uuid()
      const link = (sequence: number, before: string): string => sha256(`${sequence}${before}${id}`)
      const none = { actorId: undefined, personal: undefined }
      return { id, at: clock(), code, targetId, text: `{"id":"${id}"}`, link, ...none }
    },
    onReuse: async record => {
      told.push(record.accountId)
    },
  })
  return { tokens, clock, stores, codes, told }
}
