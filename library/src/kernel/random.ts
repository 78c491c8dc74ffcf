import { randomFillSync, randomUUID } from 'node:crypto'

/** Where unpredictable bytes come from. Passed in, so that a test can repeat itself. */
export interface Random {
  /** `length` fresh bytes from a CSPRNG. */
  bytes(length: number): Buffer
  /** 256 fresh bits as 43 base64url characters: every bearer value is one (ASVS 7.2.3). */
  token(): string
  /** A name for a row, never a proof (ASVS 11.5.1). */
  uuid(): string
}

const POOL_BYTES = 8192
const TOKEN_BYTES = 32

/**
 * The system's CSPRNG, read in blocks of 8 KiB: a token then costs a tenth of a microsecond.
 * Bytes that were handed out are wiped from the pool.
 */
export function systemRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  let used = POOL_BYTES
  const take = (length: number): number => {
    if (used + length > POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    const from = used
    used += length
    return from
  }
  return {
    bytes(length) {
      const out = Buffer.allocUnsafeSlow(length)
      if (length > POOL_BYTES) return randomFillSync(out)
      const from = take(length)
      pool.copy(out, 0, from, from + length)
      pool.fill(0, from, from + length)
      return out
    },
    token() {
      const from = take(TOKEN_BYTES)
      const text = pool.toString('base64url', from, from + TOKEN_BYTES)
      pool.fill(0, from, from + TOKEN_BYTES)
      return text
    },
    uuid: randomUUID,
  }
}
