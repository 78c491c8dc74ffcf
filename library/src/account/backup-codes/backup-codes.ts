import { keyedHash } from '../../kernel/bytes.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Along } from '../../store/port/along.ts'
import { BACKUP_CODE } from '../factors/state.ts'
import type { Ground } from '../ground.ts'

export const refusals = {
  unknown: { code: 'backup_code.unknown', says: 'factor.refused', status: 401 },
} as const

/** Crockford's alphabet: no I, L, O or U, so that nothing is misread. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const COUNT = 10
const BYTES = 15 // 120 bits: 24 characters, and no need of a slow hash (D15)

export interface BackupCodes {
  /** Ten new codes in place of whatever there was. They are shown once, here. */
  issue(accountId: string, along: Along): Promise<readonly string[]>
  /** Takes one out of use; answers how many are left. One caller wins. */
  spend(accountId: string, code: string, along: Along): Promise<Outcome<number>>
  remaining(accountId: string): Promise<number>
}

/**
 * Codes on paper for the day the phone is gone, kept by keyed hash only.
 *
 * @see ASVS 6.5.1, 6.5.2, 6.5.4; NIST SP 800-63B-4 §4.2.1.1
 */
export function backupCodes(ground: Ground): BackupCodes {
  const { credentials } = ground.stores
  const handleOf = (accountId: string, code: string, keys = ground.keys): string =>
    keyedHash(keys.for('backup-code'), `${accountId}\n${canonical(code)}`)
  return {
    async issue(accountId, along) {
      const codes = Array.from({ length: COUNT }, () => written(ground.random.bytes(BYTES)))
      const createdAt = ground.clock()
      await credentials.add(
        codes.map(code => ({
          id: ground.random.uuid(),
          accountId,
          kind: BACKUP_CODE,
          handle: handleOf(accountId, code),
          data: '{}',
          mark: 0,
          confirmed: true,
          createdAt,
          lastUsedAt: undefined,
        })),
        { replaceKind: BACKUP_CODE },
        along,
      )
      return codes
    },
    async spend(accountId, code, along) {
      // Codes lie on paper for years: they are good under any key that is in the ring.
      for (const keys of [ground.keys, ...ground.previousKeys]) {
        const handle = handleOf(accountId, code, keys)
        const spent = await credentials.spend(accountId, BACKUP_CODE, handle, along)
        if (spent !== undefined) return granted(spent.remaining)
      }
      return refused(refusals.unknown)
    },
    remaining: async accountId => (await credentials.ofAccount(accountId, BACKUP_CODE)).length,
  }
}

/** `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX` */
function written(bytes: Uint8Array): string {
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  const characters = Array.from({ length: (BYTES * 8) / 5 }, (_, at) =>
    ALPHABET.charAt(Number((bits >> BigInt(at * 5)) & 31n)),
  )
  return (characters.join('').match(/.{4}/g) ?? []).join('-')
}

/** What people type instead: small letters, spaces, O for 0, I and L for 1. */
function canonical(code: string): string {
  return code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
}
