import type { Check } from '../../kernel/check.ts'
import type { LockoutOptions } from './settings.ts'

/** What the doctor knows about lockout. */
export interface LockoutFacts {
  readonly options: LockoutOptions
  /** What keeps the counters, such as `memory` or `redis`. */
  readonly storeKind: string
  /** Processes that serve the same accounts. */
  readonly processes: number
}

export const lockoutChecks: readonly Check<LockoutFacts>[] = [
  {
    id: 'lockout.generous-account',
    severity: 'warning',
    what: 'An account takes more than ten wrong passwords before strangers have to wait.',
    why: 'Each free failure is a free guess, on every account at once.',
    fix: 'Set lockout.freeFailures to 10 or less.',
    found: ({ options }) => (options.freeFailures ?? 5) > 10,
  },
  {
    id: 'lockout.generous-address',
    severity: 'warning',
    what: 'An address may fail more than five hundred times in a quarter of an hour.',
    why: 'One machine then tries one password on thousands of accounts a day.',
    fix: 'Lower lockout.addressFailures; successes are given back, so offices do not need more.',
    found: ({ options }) => (options.addressFailures ?? 50) > 500,
  },
  {
    id: 'lockout.short-delay',
    severity: 'warning',
    what: 'The longest delay between guesses is under a minute.',
    why: 'A guesser gets more than a thousand tries a day on one account.',
    fix: 'Set lockout.longestDelaySeconds to 900.',
    found: ({ options }) => (options.longestDelaySeconds ?? 900) < 60,
  },
  {
    id: 'lockout.counted-apart',
    severity: 'critical',
    what: 'Several processes count failures in their own memory.',
    why: 'Every process is another budget of guesses on the same account.',
    fix: 'Give all processes one store: SQLite on one machine, PostgreSQL or Redis on several.',
    found: ({ storeKind, processes }) => storeKind === 'memory' && processes > 1,
  },
]
