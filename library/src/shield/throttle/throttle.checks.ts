import type { Check } from '../../kernel/check.ts'
import type { ThrottlePolicy } from './throttle.ts'

/** What the doctor knows about rates. */
export interface ThrottleFacts {
  readonly production: boolean
  readonly on: boolean
  /** Whether a default rate holds on routes that name none. */
  readonly hasDefault: boolean
  readonly policies: ReadonlyMap<string, readonly ThrottlePolicy[]>
  /** Policies that some route names. */
  readonly used: ReadonlySet<string>
  /** `Stores.kind`. */
  readonly storeKind: string
  /** Processes that serve. */
  readonly processes: number
}

export const throttleChecks: readonly Check<ThrottleFacts>[] = [
  {
    id: 'throttle.off',
    severity: 'critical',
    what: 'Nobody’s rate of requests is limited.',
    why: 'Guessing, scraping and flooding cost their author nothing.',
    fix: 'Take throttle: false out; give dear routes policies of their own.',
    found: ({ production, on }) => production && !on,
  },
  {
    id: 'throttle.counts-apart',
    severity: 'critical',
    what: 'Several processes count in their own memory.',
    why: 'Every limit is as many times higher as there are processes.',
    fix: 'Use a store that they share: SQLite on one machine, PostgreSQL or Redis on several.',
    found: ({ production, on, storeKind, processes }) =>
      production && on && storeKind === 'memory' && processes > 1 && `${processes} processes`,
  },
  {
    id: 'throttle.no-default',
    severity: 'warning',
    what: 'Routes without a policy have no limit.',
    why: 'A route that is added later is open without anybody having decided so.',
    fix: 'Give throttle a default policy.',
    found: ({ production, on, hasDefault }) => production && on && !hasDefault,
  },
  {
    id: 'throttle.one-key',
    severity: 'warning',
    what: 'A policy counts by account alone.',
    why: 'One address may then try every account, each within its limit.',
    fix: 'Add a rate by address beside it.',
    found: ({ policies }) => {
      const found = [...policies].find(([, rates]) => rates.every(({ by }) => by === 'account'))
      return found?.[0] ?? false
    },
  },
  {
    id: 'throttle.loose',
    severity: 'warning',
    what: 'A policy by address lets through more than 1,000 requests a second.',
    why: 'That is more than one process serves: it limits nobody.',
    fix: 'Lower the policy’s limit, or widen its window.',
    found: ({ policies }) => {
      const loose = ({ by, limit, windowSeconds }: ThrottlePolicy): boolean =>
        by === 'address' && limit / windowSeconds > 1000
      return [...policies].find(([, rates]) => rates.some(loose))?.[0] ?? false
    },
  },
  {
    id: 'throttle.unused',
    severity: 'advice',
    what: 'A policy is named by no route.',
    why: 'Somebody believes that it protects something.',
    fix: 'Name it on the route that it was written for, or take it out.',
    found: ({ policies, used }) => [...policies.keys()].find(name => !used.has(name)) ?? false,
  },
]
