import type { Cost } from './argon2.ts'
import { CEILINGS } from './formats.ts'
import { type Phc, parsePhc, wholeParam } from './phc.ts'

export const SALT_BYTES = 16
export const HASH_BYTES = 32

export interface OwnHash {
  readonly phc: Phc
  readonly cost: Cost
  readonly keyId: string
}

/** A hash made here, by whichever root key. */
export function ownHash(stored: string): OwnHash | undefined {
  const phc = parsePhc(stored)
  const keyId = phc?.params['keyid']
  if (phc?.id !== 'argon2id' || keyId === undefined || phc.version !== 19) return undefined
  const memoryKiB = wholeParam(phc, 'm', 8, CEILINGS.argon2MemoryKiB)
  const passes = wholeParam(phc, 't', 1, CEILINGS.argon2Passes)
  const lanes = wholeParam(phc, 'p', 1, CEILINGS.argon2Lanes)
  if (memoryKiB === undefined || passes === undefined || lanes === undefined) return undefined
  if (phc.salt.length !== SALT_BYTES || phc.hash.length !== HASH_BYTES) return undefined
  return { phc, keyId, cost: { memoryKiB, passes, lanes } }
}
