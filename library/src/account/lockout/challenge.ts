import { hash } from 'node:crypto'
import { addressBucket } from '../../http/ip.ts'
import { keyedHash, sameText } from '../../kernel/bytes.ts'
import type { Clock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'
import type { Counters } from '../../store/port/counters.ts'

/** Something that costs a machine more than a person. A captcha service fits as well. */
export interface Challenge {
  /** What the client is asked; sent in the field `bulwark-challenge`. */
  ask(address: string): string
  /** Whether this answer solves something that was asked of this address, for the first time. */
  solved(answer: string, address: string): Promise<boolean>
}

export interface ProofOfWorkOptions {
  /** Leading zero bits of the hash to be found; 18 unless told: a second or three in a browser. */
  readonly bits?: number
}

export interface ProofOfWorkGround {
  readonly counters: Counters
  readonly keys: Keys
  readonly clock: Clock
  readonly random: Random
}

const LIFE_MS = 120_000
const LENGTH_MOST = 200

/**
 * A challenge of our own, without anybody's service: find `n` so that SHA-256 of `CHALLENGE.n` begins
 * with so many zero bits. It is signed and bound to the address instead of stored; only a solved one
 * is remembered, so that it works once.
 *
 * The client is sent `pow.BITS.EXPIRES.RANDOM.MAC` and answers with that, a dot and `n` in decimal.
 *
 * @throws {ConfigFault} when `bits` is not from 8 to 26
 */
export function proofOfWork(options: ProofOfWorkOptions, ground: ProofOfWorkGround): Challenge {
  const { counters, clock, random } = ground
  const bits = options.bits ?? 18
  if (!Number.isInteger(bits) || bits < 8 || bits > 26) {
    throw new ConfigFault('lockout.challenge.bits', 'is not a whole number from 8 to 26')
  }
  const key = ground.keys.for('counter')
  const mac = (text: string, address: string): string =>
    keyedHash(key, `challenge\n${text}\n${addressBucket(address)}`)

  return {
    ask(address) {
      const text = `pow.${bits}.${clock() + LIFE_MS}.${random.bytes(16).toString('base64url')}`
      return `${text}.${mac(text, address)}`
    },
    async solved(answer, address) {
      if (answer.length > LENGTH_MOST) return false
      const [, text, signature, n] =
        /^(pow\.\d{1,2}\.\d{1,15}\.[\w-]{22})\.([\w-]{43})\.(\d{1,15})$/.exec(answer) ?? []
      if (text === undefined || signature === undefined || n === undefined) return false
      if (!sameText(signature, mac(text, address))) return false
      const [, asked, expiresAt] = text.split('.').map(Number)
      const now = clock()
      if (asked !== bits || expiresAt === undefined || now >= expiresAt) return false
      if (leadingZeroBits(hash('sha256', answer, 'buffer')) < bits) return false
      const once = { limit: 1, windowMs: 2 * LIFE_MS }
      const [first] = await counters.hit([{ key: `solved:${signature}`, rate: once }], now)
      return first?.allowed === true
    },
  }
}

/** How many zero bits a digest begins with. */
export function leadingZeroBits(digest: Buffer): number {
  let bits = 0
  for (const byte of digest) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
