import type { Check } from '../../kernel/check.ts'
import { FLOOR, work } from './calibrate.ts'
import type { PasswordOptions, Passwords } from './password.ts'
import { LENGTH } from './policy.ts'

/** What the doctor knows about passwords. */
export interface PasswordFacts {
  readonly options: PasswordOptions
  readonly passwords: Pick<Passwords, 'cost' | 'engine'>
  /** Hashes at once, and threads of the pool that they share with files and name look-ups. */
  readonly permits: number
  readonly threads: number
  /** Whether every account must prove a second factor. */
  readonly secondFactorEnforced: boolean
}

export const passwordChecks: readonly Check<PasswordFacts>[] = [
  {
    id: 'password.short',
    severity: 'warning',
    what: 'Passwords shorter than 15 characters are accepted without a second factor.',
    why: 'NIST SP 800-63B-4 asks for 15 where the password is the only factor.',
    fix: 'Leave account.password.minLength away, or enforce a second factor for everybody.',
    found: ({ options, secondFactorEnforced }) =>
      !secondFactorEnforced && (options.minLength ?? LENGTH.alone) < LENGTH.alone,
  },
  {
    id: 'password.too-short',
    severity: 'critical',
    what: 'Passwords shorter than 8 characters are accepted.',
    why: 'They are guessed in hours, whatever hashes them.',
    fix: 'Set account.password.minLength to 8 or more.',
    found: ({ options }) => (options.minLength ?? LENGTH.alone) < LENGTH.withSecondFactor,
  },
  {
    id: 'password.slow-engine',
    severity: 'warning',
    what: 'Passwords are hashed by node:crypto because no @node-rs/argon2 fits this machine.',
    why: 'Each login costs two to three times as much, so calibration stays near the floor.',
    fix: 'Install optional dependencies (npm install --include=optional) for this platform.',
    found: ({ passwords }) => passwords.engine === 'node',
  },
  {
    id: 'password.starved-threads',
    severity: 'warning',
    what: 'Hashing may take every thread of the pool.',
    why: 'During a flood of logins files and host names wait behind the hashes.',
    fix: 'Start Node with UV_THREADPOOL_SIZE above the number of permits.',
    found: ({ permits, threads }) =>
      permits >= threads && `${permits} permits on ${threads} threads`,
  },
  {
    id: 'password.floor',
    severity: 'advice',
    what: 'New hashes have the least parameters that are allowed.',
    why: 'This machine, or its budget, has no room for more; a stolen hash is cheaper to guess.',
    fix: 'Raise account.password.targetMs or account.password.budgetMiB if logins are few.',
    found: ({ passwords }) => work(passwords.cost) <= work(FLOOR),
  },
]
