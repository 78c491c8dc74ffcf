import { addressBucket } from '../../http/ip.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import type { Hit, Rate } from '../../store/port/counters.ts'
import { policyField } from './fields.ts'
import type { Asker, ThrottlePolicy } from './throttle.ts'

/** A rate made ready at start. */
export interface ReadyRate {
  /** As it stands in the RateLimit fields. */
  readonly name: string
  readonly policy: ThrottlePolicy
  readonly prefix: string
  readonly rate: Rate
}

/** The rates that apply to one kind of asker, and the field that describes them. */
export interface Plan {
  readonly rates: readonly ReadyRate[]
  readonly field: string
  /** Whether one of them would rather refuse than count without the store. */
  readonly refusesBlind: boolean
}

export type Policies = Readonly<Record<string, readonly ThrottlePolicy[] | ThrottlePolicy>>

/**
 * All policies by name.
 *
 * @throws {ConfigFault} when a name or a number cannot be used
 */
export function readyRates(policies: Policies): ReadonlyMap<string, readonly ReadyRate[]> {
  const ready = new Map<string, readonly ReadyRate[]>()
  for (const [name, given] of Object.entries(policies)) {
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
      throw new ConfigFault('throttle.policies', `${JSON.stringify(name)}: write it in kebab-case`)
    }
    const rates: readonly ThrottlePolicy[] = 'by' in given ? [given] : given
    ready.set(
      name,
      rates.map((policy, index) =>
        readyRate(name, policy, rates.length === 1 ? '' : `-${index + 1}`),
      ),
    )
  }
  return ready
}

function readyRate(name: string, policy: ThrottlePolicy, suffix: string): ReadyRate {
  const { by, limit, windowSeconds } = policy
  const option = `throttle.policies.${name}`
  onlyKnown(option, policy, ['by', 'limit', 'windowSeconds', 'whenStoreFails'])
  if (!['address', 'account', 'api-key', 'global'].includes(by)) {
    throw new ConfigFault(option, 'by must be address, account, api-key or global')
  }
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new ConfigFault(option, 'limit must be a whole number from 1')
  }
  if (!(windowSeconds > 0 && windowSeconds <= 31 * 86_400)) {
    throw new ConfigFault(option, 'windowSeconds must be from 1 to a month')
  }
  return {
    name: name + suffix,
    policy,
    prefix: `throttle:${name}${suffix}:${by}:`,
    rate: { limit, windowMs: windowSeconds * 1000 },
  }
}

/** The four plans of a list of names: with and without an account, with and without an API key. */
export class Plans {
  readonly #rates: readonly ReadyRate[]
  readonly #made: (Plan | undefined)[] = [undefined, undefined, undefined, undefined]

  constructor(rates: readonly ReadyRate[]) {
    this.#rates = rates
  }

  for(asker: Asker): Plan {
    const which = (asker.accountId === undefined ? 0 : 1) + (asker.apiKeyId === undefined ? 0 : 2)
    let plan = this.#made[which]
    if (plan === undefined) {
      const rates = this.#rates.filter(rate => keyOf(rate, asker) !== undefined)
      plan = {
        rates,
        field: rates.map(rate => policyField(rate.name, rate.policy)).join(', '),
        refusesBlind: rates.some(rate => rate.policy.whenStoreFails === 'refuse'),
      }
      this.#made[which] = plan
    }
    return plan
  }
}

/** What to take from each rate of a plan. A cost above the limit could never be paid: it is cut. */
export function hitsFor(plan: Plan, asker: Asker, cost: number): Hit[] {
  return plan.rates.map(rate => ({
    key: rate.prefix + (keyOf(rate, asker) ?? ''),
    rate: rate.rate,
    cost: Math.min(cost, rate.rate.limit),
  }))
}

function keyOf(rate: ReadyRate, asker: Asker): string | undefined {
  switch (rate.policy.by) {
    case 'address':
      return addressBucket(asker.address)
    case 'account':
      return asker.accountId
    case 'api-key':
      return asker.apiKeyId
    case 'global':
      return ''
  }
}
