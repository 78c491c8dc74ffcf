import type { Check } from '../../kernel/check.ts'
import type { KeyRing } from './ring.ts'

/** What the doctor knows about root keys. */
export interface SecretsFacts {
  readonly ring: KeyRing
  readonly production: boolean
  /** True when the root key lies beside the data it opens. */
  readonly keyBesideData: boolean
  readonly now: number
}

export const secretsChecks: readonly Check<SecretsFacts>[] = [
  {
    id: 'secrets.key-beside-data',
    severity: 'critical',
    what: 'The root key lies in the data folder.',
    why: 'A copy of the data, or a backup, opens itself.',
    fix: 'Set BULWARK_ROOT_KEY_FILE to a file elsewhere, or a systemd credential.',
    found: ({ production, keyBesideData }) => production && keyBesideData,
  },
  {
    id: 'secrets.expired-key',
    severity: 'advice',
    what: 'A previous root key is past its date and still in the ring.',
    why: 'It signs nothing any more, but still opens what was sealed under it: if it leaked, so did that.',
    fix: 'Seal the columns anew (`reseal`), then take the key out.',
    found: ({ ring, now }) => {
      const late = ring.all.filter(({ id }) => (ring.until(id) ?? Number.POSITIVE_INFINITY) <= now)
      return late.length === 0 ? false : late.map(({ id }) => `key ${id}`).join(', ')
    },
  },
]
